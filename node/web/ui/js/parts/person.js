// One person as a picture with a name: large on stage, small in the audience. It is
// a button that opens the person's card.

import { avatar } from '../avatar.js'
import { h } from '../dom.js'
import { icon } from '../icons.js'
import { doing, nameOf, silent } from '../people.js'
import { update } from '../store.js'
import { t } from '../strings.js'

const badges = { host: 'star', moderator: 'shield' }

/** Person draws one. */
export function Person(room, person, { large = false } = {}) {
  const name = nameOf(person)
  return h('li', { key: person.id, class: ['person', large && 'large', silent(room, person) && 'silent'].filter(Boolean).join(' ') },
    h('button', {
      class: 'bare',
      onclick: () => update({ dialog: { kind: 'person', room: room.id, peer: person.id } }),
    },
    h('span', { class: 'face', 'data-peer': person.on_stage ? person.id : null },
      h('span', { class: 'ring', 'aria-hidden': 'true' }),
      avatar(person.id, person.name),
      mark(person)),
    h('span', { class: 'name', dir: 'auto', title: name }, person.self ? h('span', null, `${name} `, h('small', null, t('app.you'))) : name),
    large && h('span', { class: 'role' }, badges[person.role] && icon(badges[person.role]), t(`role.${person.role}`),
      person.voice === 'proven' && h('span', { class: 'proven', title: t('person.proven') }, icon('check'))),
    h('span', { class: 'unseen' }, [!large && t(`role.${person.role}`), ...doing(room, person)].filter(Boolean).join(', '))))
}

function mark(person) {
  if (person.on_stage && person.muted) return h('span', { class: 'mark muted' }, icon('muted'))
  if (person.hand) return h('span', { class: 'mark hand' }, icon('hand'))
  if (person.invited) return h('span', { class: 'mark waiting' }, icon('up'))
  if (!person.on_stage && badges[person.role]) return h('span', { class: 'mark' }, icon(badges[person.role]))
  return null
}
