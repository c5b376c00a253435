// The room: the stage on top, the audience below, beside them who wants to speak and
// how the sound travels.

import { command, go, leave } from '../actions.js'
import { h } from '../dom.js'
import { icon } from '../icons.js'
import { openInvite } from '../parts/invite.js'
import { Network } from '../parts/network.js'
import { Person } from '../parts/person.js'
import { Queue } from '../parts/queue.js'
import { Tree } from '../parts/tree.js'
import { doubtful, hasStandIn, mayModerate, nameIn, nameOf, standsIn } from '../people.js'
import { store, update } from '../store.js'
import { count, t } from '../strings.js'
import { languageName } from './home.js'

// So many people of the audience are drawn at first, and at most.
const first = 35
const most = 500

/** RoomHead is the part of a room that stands in the crown. */
export function RoomHead(room) {
  return h('div', { key: 'head', class: 'roomhead' },
    h('div', null,
      h('h1', null, room.title,
        mayModerate(room) && !room.closed && h('button', { class: 'quiet round', 'aria-label': t('room.rename'), title: t('room.rename'),
          onclick: () => update({ dialog: { kind: 'retitle', room: room.id } }) }, icon('pen'))),
      h('p', null,
        h('span', { class: 'fact' }, icon(room.kind === 'open' ? 'globe' : 'lock'), t(`room.${room.kind}`)),
        h('span', { class: 'fact' }, icon('people'), count('people', room.people.length)),
        room.language && h('span', { class: 'fact' }, languageName(room.language)))),
    h('div', { class: 'acts' },
      room.may_invite && h('button', { class: 'cream', onclick: () => openInvite(room) }, icon('link'), t('room.invitebutton')),
      mayModerate(room) && !room.closed && h('button', { class: 'quiet', onclick: () => update({ dialog: { kind: 'manage', room: room.id } }) }, icon('shield'), t('manage.open'))))
}

/** RoomView draws a room. */
export function RoomView(room) {
  const stage = room.people.filter((p) => p.on_stage)
  const audience = room.people.filter((p) => !p.on_stage)
  return h('main', { key: `room ${room.id}`, id: 'content', class: 'room' },
    room.closed && h('p', { key: 'closed', class: 'notice', role: 'status' }, t('room.closed'),
      h('button', { class: 'plain', onclick: () => leave(room.id) }, t('bar.leave'))),
    room.banned && h('p', { key: 'banned', class: 'notice', role: 'status' }, t('room.banned'),
      h('button', { class: 'plain', onclick: () => leave(room.id) }, t('bar.leave'))),
    Hosting(room),
    Warnings(room),
    h('div', { class: 'columns' },
      h('div', { class: 'floor' },
        h('section', { key: 'stage', class: stage.length > 6 ? 'stage many' : 'stage', 'aria-labelledby': 'stage-title' },
          h('h2', { id: 'stage-title' }, t('room.stage')),
          stage.length > 0
            ? h('ul', { class: 'people' }, stage.map((p) => Person(room, p, { large: true })))
            : h('p', { class: 'soft' }, t('room.stage.empty'))),
        h('section', { key: 'audience', class: 'audience', 'aria-labelledby': 'audience-title' },
          h('h2', { id: 'audience-title' }, t('room.audience'), audience.length > 0 && h('span', { class: 'badge' }, audience.length.toLocaleString())),
          audience.length > 0
            ? h('ul', { class: 'people' }, audience.slice(0, store.wide ? most : first).map((p) => Person(room, p)))
            : Nobody(room),
          More(audience.length)),
        !room.closed && Tree(room)),
      h('div', { class: 'side' },
        mayModerate(room) && !room.closed && Queue(room),
        !room.closed && Network(room))))
}

// Hosting is what one has to know of who hosts, and what is switched off for all.
function Hosting(room) {
  const back = (key, label, values) => h('p', { key, class: 'notice', role: 'status' }, t(key, values),
    h('button', { class: 'plain', busy: store.busy['take-over '], onclick: () => command(room.id, 'take-over') }, t(label)))
  return [
    standsIn(room) && back('room.standin', 'room.takeover'),
    hasStandIn(room) && back('room.hosted', 'room.takeback', { name: nameIn(room, room.host) }),
    !room.closed && room.locked && h('p', { key: 'locked', class: 'notice', role: 'status' }, t('room.locked')),
  ]
}

// Warnings are what people have to know to trust what they hear and whom they meet.
function Warnings(room) {
  return [
    ...doubtful(room).map((p) => h('p', { key: `voice ${p.id}`, class: 'notice', role: 'alert' }, t(`room.${p.voice}`, { name: nameOf(p) }))),
    ...room.frauds.map((f, n) => h('p', { key: `fraud ${n} ${f.who}`, class: 'notice', role: 'status' },
      f.name ? t('room.fraud', { name: f.name }) : t('room.fraud.gone'))),
  ]
}

function Nobody(room) {
  return [h('p', { class: 'soft', key: 'nobody' }, t(room.may_invite ? 'room.audience.invite' : 'room.audience.empty')),
    room.may_invite && h('button', { key: 'invite', class: 'plain more', onclick: () => openInvite(room) }, icon('link'), t('invite.title'))]
}

function More(n) {
  if (n <= first) return null
  if (store.wide) {
    return n > most && h('p', { class: 'soft' }, t('room.more', { n: (n - most).toLocaleString() }))
  }
  return h('button', { class: 'plain more', onclick: () => update({ wide: true }) }, t('room.all', { n: n.toLocaleString() }))
}

/** Missing is what is shown where a room was. */
export function Missing() {
  return h('main', { key: 'missing', id: 'content', class: 'room' },
    h('div', { class: 'empty' }, icon('leaf'), h('h1', null, t('room.unknown')), h('p', { class: 'soft' }, t('room.unknown.note')),
      h('button', { class: 'primary', onclick: () => go(null) }, t('app.home'))))
}
