// Small windows that ask for one thing: a name, a title, a yes.

import { command, setName } from '../actions.js'
import { h } from '../dom.js'
import { nameOf } from '../people.js'
import { store } from '../store.js'
import { t } from '../strings.js'
import { Dialog, closeDialog, submitted } from './dialog.js'

const longestName = 64
const longestTitle = 120

/** Rename asks for one's own name. */
export function Rename() {
  return Ask('rename', t('rename.title'), t('welcome.name'), store.state.self.name, longestName, setName)
}

/** Retitle asks for a room's title. */
export function Retitle(room) {
  return Ask('retitle', t('retitle.title'), t('make.title'), room.title, longestTitle, (text) => command(room.id, 'rename', null, text))
}

function Ask(key, title, label, value, longest, save) {
  const send = submitted(async ({ text }) => {
    if (text.trim() && (await save(text.trim()))) closeDialog()
  })
  return Dialog({ key, title },
    h('form', { onsubmit: send },
      h('label', { class: 'field' }, h('span', null, label),
        h('input', { name: 'text', required: true, maxlength: longest, autofocus: true, autocomplete: 'off',
          mounted: (el) => { el.value = value; el.select() } })),
      h('div', { class: 'buttons' },
        h('button', { class: 'primary' }, t('rename.go')),
        h('button', { type: 'button', class: 'plain', onclick: closeDialog }, t('app.cancel')))))
}

/** Sure asks before something is done to somebody that is not undone by a click. */
export function Sure(room, person, what) {
  const yes = async () => (await command(room.id, what, person.id)) && closeDialog()
  const name = nameOf(person)
  return Dialog({ key: 'sure', title: t(`sure.${what}`, { name }) },
    h('p', null, t(`sure.${what}.note`, { name })),
    h('div', { class: 'buttons' },
      h('button', { class: 'danger solid', busy: store.busy[`${what} ${person.id}`], onclick: yes }, t(`sure.${what}.go`)),
      h('button', { class: 'plain', autofocus: true, onclick: closeDialog }, t('app.cancel'))))
}

/** CloseRoom asks whether to end a room for everyone. */
export function CloseRoom(room) {
  const yes = async () => (await command(room.id, 'close')) && closeDialog()
  return Dialog({ key: 'close', title: t('close.title') },
    h('p', null, t('close.lead')),
    h('div', { class: 'buttons' },
      h('button', { class: 'danger solid', onclick: yes }, t('close.go')),
      h('button', { class: 'plain', autofocus: true, onclick: closeDialog }, t('app.cancel'))))
}
