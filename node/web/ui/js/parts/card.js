// A person's card: who it is for sure, and what one may do.

import { command, copy } from '../actions.js'
import { avatar } from '../avatar.js'
import { h } from '../dom.js'
import { icon } from '../icons.js'
import { about, mayModerate, nameOf } from '../people.js'
import { t } from '../strings.js'
import { toast } from '../toast.js'
import { Dialog, closeDialog } from './dialog.js'

/** Card draws it. */
export function Card(room, person) {
  return Dialog({ key: 'person', title: nameOf(person) },
    h('div', { class: 'portrait' }, avatar(person.id, person.name),
      h('p', null, about(person)),
      h('p', { class: 'id' }, h('span', { class: 'soft' }, t('person.id')), h('code', null, person.id),
        h('button', { class: 'quiet round', 'aria-label': t('person.copy'), title: t('person.copy'), onclick: () => copyID(person.id) }, icon('copy')))),
    Acts(room, person))
}

async function copyID(id) {
  if (await copy(id)) toast(t('person.copied'))
  else toast(t('invite.manual'), 'error')
}

function Acts(room, person) {
  if (person.self || person.role === 'relay' || room.closed || !mayModerate(room)) return null
  const act = (what, label, picture, kind = 'plain') => h('button', {
    key: what, class: kind, onclick: () => {
      closeDialog()
      command(room.id, what, person.id)
    },
  }, icon(picture), t(label))
  const acts = []
  if (!person.on_stage && !person.invited) acts.push(act('invite-up', 'person.up', 'up'))
  if (person.on_stage && person.role === 'speaker') acts.push(act('move-down', 'person.down', 'down'))
  if (room.role === 'host' && person.role !== 'moderator' && person.role !== 'host') {
    acts.push(act('make-moderator', 'person.moderator', 'shield'))
  }
  if (person.role !== 'host' && (person.role !== 'moderator' || room.role === 'host')) {
    acts.push(act('ban', 'person.ban', 'close', 'danger'))
  }
  return acts.length > 0 && h('div', { class: 'buttons stacked' }, acts)
}
