// The raised hands, first come first, for who may invite people up.

import { command } from '../actions.js'
import { avatar } from '../avatar.js'
import { h } from '../dom.js'
import { icon } from '../icons.js'
import { nameOf, whoIs } from '../people.js'
import { store } from '../store.js'
import { t } from '../strings.js'

/** Queue draws them. */
export function Queue(room) {
  const hands = room.hands.map((id) => whoIs(room, id)).filter(Boolean)
  return h('section', { key: 'queue', class: 'card queue', 'aria-labelledby': 'queue-title' },
    h('h2', { id: 'queue-title' }, t('queue.title'), hands.length > 0 && h('span', { class: 'badge' }, String(hands.length))),
    hands.length === 0
      ? h('p', { class: 'soft' }, t('queue.empty'))
      : h('ol', null, hands.map((p, i) => Hand(room, p, i + 1))))
}

function Hand(room, person, place) {
  const name = nameOf(person)
  const busy = store.busy[`invite-up ${person.id}`]
  return h('li', { key: person.id },
    h('span', { class: 'place' }, String(place)),
    avatar(person.id, person.name),
    h('span', { class: 'name' }, h('span', { dir: 'auto', title: name }, name), person.invited && h('small', null, t('queue.wait'))),
    h('span', { class: 'acts' },
      !person.invited && h('button', {
        class: 'primary small', busy, 'aria-label': t('queue.up.who', { name }),
        onclick: () => command(room.id, 'invite-up', person.id),
      }, icon('up'), t('queue.up')),
      h('button', {
        class: 'quiet round', 'aria-label': t('queue.dismiss.who', { name }), title: t('queue.dismiss.who', { name }),
        onclick: () => command(room.id, 'lower-hand', person.id),
      }, icon('close'))))
}
