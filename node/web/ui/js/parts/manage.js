// What moderators decide about a room as a whole.

import { command } from '../actions.js'
import { h } from '../dom.js'
import { icon } from '../icons.js'
import { nameIn, shortID } from '../people.js'
import { store, update } from '../store.js'
import { t } from '../strings.js'
import { Dialog } from './dialog.js'

/** Manage draws the window. */
export function Manage(room) {
  return Dialog({ key: 'manage', title: t('manage.title') },
    h('div', { class: 'switches' },
      Switch(room, 'stage', room.locked, 'lock-stage', 'unlock-stage'),
      Switch(room, 'hands', room.no_hands, 'hands-off', 'hands-on')),
    h('p', { class: 'soft' }, Heir(room)),
    room.removed.length > 0 && h('section', { 'aria-labelledby': 'removed-title' },
      h('h3', { id: 'removed-title' }, t('manage.removed')),
      h('ul', { class: 'lines' }, room.removed.map((p) => Removed(room, p)))),
    h('div', { class: 'buttons' },
      h('button', { class: 'danger', onclick: () => update({ dialog: { kind: 'close', room: room.id } }) }, icon('close'), t('room.close'))))
}

function Switch(room, name, on, doing, undoing) {
  return h('label', { class: 'switch' },
    h('input', {
      type: 'checkbox', role: 'switch', checked: on, busy: store.busy[`${on ? undoing : doing} `],
      updated: (el) => { el.checked = on }, // as the room says, not as it was clicked
      onchange: () => command(room.id, on ? undoing : doing),
    }),
    h('span', null, h('strong', null, t(`manage.${name}`)), h('small', null, t(`manage.${name}.note`))))
}

function Heir(room) {
  if (room.heir) return t('manage.heir', { name: nameIn(room, room.heir) })
  return t(room.role === 'host' ? 'manage.noheir' : 'manage.noheir.else')
}

function Removed(room, person) {
  const name = person.name || t('person.ending', { key: shortID(person.id) })
  return h('li', { key: person.id }, h('span', { dir: 'auto', title: person.id }, name),
    h('button', {
      class: 'plain small', busy: store.busy[`unban ${person.id}`], 'aria-label': t('manage.unban.who', { name }),
      onclick: () => command(room.id, 'unban', person.id),
    }, t('manage.unban')))
}
