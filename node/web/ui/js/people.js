// Words about people.

import { store } from './store.js'
import { t } from './strings.js'

/** nameOf is what someone is called on this page. */
export function nameOf(person) {
  return person?.name || t('person.noname')
}

/** whoIs finds someone in a room by ID; a relay is in the tree alone. */
export function whoIs(room, id) {
  return room.people.find((p) => p.id === id)
}

/** relayOf finds a relay of a room's tree, told as people are. */
export function relayOf(room, id) {
  const node = room.tree.nodes.find((n) => n.id === id && n.relay)
  return node && { id, name: nodeName(node), role: 'relay' }
}

/** nodeName is what a node of the tree is called. */
export function nodeName(node) {
  return node.name || (node.relay ? t('tree.relayname', { key: shortID(node.id) }) : shortID(node.id))
}

/** shortID is the end of a peer ID, enough to tell people apart. */
export function shortID(id) {
  return id.slice(-6)
}

/** mayModerate tells whether someone's role lets them run the stage. */
export function mayModerate(room) {
  return room.role === 'host' || room.role === 'moderator'
}

/** standsIn tells whether oneself is who may host while the host is away, and is needed. */
export function standsIn(room) {
  return !room.closed && room.heir === store.state.self.id && !whoIs(room, room.host)
}

/** hasStandIn tells whether somebody hosts the room in one's own stead. */
export function hasStandIn(room) {
  return !room.closed && room.owner === store.state.self.id && room.host !== room.owner
}

/** nameIn is what somebody is called who may not be in the room. */
export function nameIn(room, id) {
  if (id === store.state.self.id) return t('app.you')
  return whoIs(room, id)?.name || t('person.ending', { key: shortID(id) })
}

/** why says who made somebody what they are, and when. */
export function why(room, person) {
  if (!person.by || person.role === 'listener') return ''
  const when = new Date(person.since).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  return t(person.by === person.id ? 'person.why.self' : 'person.why', { name: nameIn(room, person.by), when })
}

/** self is the person at this page, in a room. */
export function self(room) {
  return room.people.find((p) => p.self) ?? { id: store.state.self.id, name: store.state.self.name, role: room.role }
}

/** doubtful are those whose voice somebody else may use. */
export function doubtful(room) {
  return room.people.filter((p) => p.on_stage && (p.voice === 'forged' || p.voice === 'unproven'))
}

/** about says all about someone in a few words. */
export function about(room, person) {
  return [person.self && t('app.you'), t(`role.${person.role}`), ...doing(room, person)].filter(Boolean).join(', ')
}

/** silent tells whether somebody was next to this node in a tree and does not answer. */
export const silent = (room, person) => room.tree.silent.includes(person.id)

const muted = { muted: 'person.mutedby', locked: 'person.locked' }

/** doing is what stands out about someone now. */
export function doing(room, person) {
  const words = []
  if (silent(room, person)) words.push(t('person.silent'))
  if (person.on_stage && person.muted) words.push(t(muted[person.mute] ?? 'person.muted'))
  if (person.blocked) words.push(t('person.blocked'))
  if (person.on_stage && ['proven', 'forged', 'unproven'].includes(person.voice)) words.push(t(`person.${person.voice}`))
  if (person.hand) words.push(t('person.hand', { n: person.hand }))
  if (person.invited) words.push(t('person.invited'))
  return words
}
