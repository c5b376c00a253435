// The question before a microphone opens: nobody speaks without having said yes.

import { accept, command } from '../actions.js'
import { avatar } from '../avatar.js'
import { h } from '../dom.js'
import { icon } from '../icons.js'
import { nameOf, whoIs } from '../people.js'
import { store } from '../store.js'
import { t } from '../strings.js'
import { Dialog, closeDialog } from './dialog.js'

/** Consent draws it. Closing it answers nothing: the bar keeps a button. */
export function Consent(room) {
  const host = whoIs(room, room.host)
  const yes = async () => (await accept(room)) && closeDialog()
  const no = () => {
    command(room.id, 'decline')
    closeDialog()
  }
  return Dialog({ key: 'consent', title: t('consent.title') },
    h('div', { class: 'invitation' }, avatar(room.host, nameOf(host)),
      h('p', null, t('consent.lead', { name: nameOf(host) }))),
    h('p', { class: 'soft' }, t('consent.note')),
    store.mic === 'denied' && h('p', { class: 'problem', role: 'alert' }, store.micWords),
    h('div', { class: 'buttons' },
      h('button', { class: 'primary', autofocus: true, busy: store.busy.accept, onclick: yes }, icon('mic'), t('consent.yes')),
      h('button', { class: 'plain', onclick: no }, t('consent.no'))))
}
