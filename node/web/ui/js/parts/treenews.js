// What happened to the trees a moment ago: the edges that grow, and a line of words.

import { h } from '../dom.js'
import { Memory } from '../memory.js'
import { nodeName, shortID, whoIs } from '../people.js'
import { Pace } from '../pace.js'
import { repairs } from '../repairs.js'
import { stillSo } from '../stillso.js'
import { update } from '../store.js'
import { t } from '../strings.js'

const growing = 2500 // ms for which an edge is shown to be new

// For so long (ms) nobody needs to know that one has no place, or that somebody has none.
const bearable = { lost: 1500, gone: 1500 }

let of = null // ID of the room
let raw = null // the room as the node tells of it
let seen = null // and with what is remembered
let memory = new Memory()
let pace = new Pace()
let grown = new Map() // edge → when it grew
let serial = 0
let timer = 0

/** follow takes in a state of the room that is looked at. */
export function follow(room) {
  if (room?.id !== of) {
    of = room?.id ?? null
    seen = null
    memory = new Memory()
    pace = new Pace()
    grown = new Map()
  }
  raw = room
  if (room) compare(performance.now())
  again()
}

/** lately is a room with what is remembered of its trees. */
export const lately = (room) => (of === room.id && seen ? seen : new Memory().see(room, 0))

function compare(now) {
  const before = seen
  seen = memory.see(raw, now)
  const found = repairs(before, seen)
  for (const e of found.grown) grown.set(`${e.tree} ${e.key}`, now)
  pace.offer(found.news.map((line) => ({
    ...line, id: ++serial, key: `${line.what} ${line.tree} ${line.who ?? ''}`, hold: bearable[line.what] ?? 0, text: words(before, seen, line),
  })), now)
  pace.check((line) => stillSo(seen, line))
}

// again draws when something is over or due.
function again() {
  const now = performance.now()
  if (raw && memory.wait(now) === 0) compare(now)
  pace.look(now)
  for (const [key, at] of grown) if (now - at >= growing) grown.delete(key)
  update({})
  const waits = [...grown.values()].map((at) => at + growing - now)
  waits.push(...[pace.wait(now), memory.wait(now)].filter((wait) => wait !== null))
  clearTimeout(timer)
  if (waits.length > 0) timer = setTimeout(again, Math.min(...waits) + 10)
}

/** grows tells whether an edge is new. */
export const grows = (tree, key) => grown.has(`${tree} ${key}`)

/** News draws the line. It is there while it says nothing too, or nobody would be told. */
export function News(room) {
  const line = of === room.id ? pace.line : null
  return h('p', { key: 'news', class: 'news', role: 'status' },
    line && h('span', { key: line.id, class: line.tree > 0 ? 'second' : 'first', dir: 'auto' }, line.text))
}

// Who is gone had a name before.
function words(before, after, line) {
  const named = (id) => id && (nameIn(after, id) || nameIn(before, id) || shortID(id))
  const where = t(after.tree.roots.length > 1 ? `news.where.${line.tree}` : 'news.where')
  return t(`news.${line.what}`, { where, n: line.n, who: named(line.who), below: named(line.below) })
}

function nameIn(room, id) {
  const node = room.tree.nodes.find((n) => n.id === id)
  if (node?.self) return t('news.self')
  return node ? nodeName(node) : whoIs(room, id)?.name
}
