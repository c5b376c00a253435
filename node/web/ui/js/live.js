// What happened, in words, for who does not see the page: a live region. It compares
// two states of the room that is looked at.

import { h } from './dom.js'
import { nameOf } from './people.js'
import { t } from './strings.js'

// In a large room who comes and goes is no news.
const smallRoom = 20

let words = []
let serial = 0

/** compare finds what changed in a room, and returns how many things for a moderator
 * or guest to see to are new. */
export function compare(before, after) {
  if (!before || !after || before.id !== after.id) return
  const old = new Map(before.people.map((p) => [p.id, p]))
  const now = new Map(after.people.map((p) => [p.id, p]))
  for (const p of after.people) {
    if (p.self) continue
    const was = old.get(p.id)
    if (p.on_stage && !was?.on_stage) say('live.up', p)
    else if (was?.on_stage && !p.on_stage) say('live.down', p)
    else if (!was && after.people.length <= smallRoom) say('live.in', p)
    if (was && p.role === 'moderator' && was.role !== p.role) say('live.moderator', p)
    if (was && p.role === 'host' && was.role !== p.role) say('live.host', p)
    if (p.hand && !was?.hand) say('live.hand', p)
    if (was?.invited && !p.invited && !p.on_stage) say('live.declined', p)
  }
  if (before.people.length <= smallRoom) {
    for (const p of before.people) if (!now.has(p.id) && !p.self) say('live.out', p)
  }
  compareSelf(before, after)
}

function compareSelf(before, after) {
  if (after.title !== before.title) add(t('live.title', { title: after.title }))
  if (after.locked !== before.locked) add(t(after.locked ? 'live.locked' : 'live.unlocked'))
  if (after.no_hands !== before.no_hands) add(t(after.no_hands ? 'live.nohands' : 'live.hands'))
  if (after.role !== before.role && after.role !== 'speaker') add(t('live.role', { role: t(`role.${after.role}`) }))
  if (after.invited && !before.invited) add(t('live.invited'))
  if (after.on_stage && after.muted !== before.muted) add(t(after.muted ? 'live.muted' : 'live.unmuted'))
  const [a, b] = [before, after].map((r) => r.people.find((p) => p.self)?.hand ?? 0)
  if (Boolean(a) !== Boolean(b)) add(t(b ? 'live.raised' : 'live.lowered'))
}

const say = (key, person) => add(t(key, { name: nameOf(person) }))

function add(text) {
  words = [...words.slice(-4), { id: ++serial, text }]
}

/** Live draws the region. */
export function Live() {
  return h('div', { class: 'unseen', 'aria-live': 'polite', 'aria-relevant': 'additions', role: 'log' },
    words.map(({ id, text }) => h('p', { key: id }, text)))
}
