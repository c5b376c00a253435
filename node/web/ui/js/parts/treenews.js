// What happened to the trees a moment ago: the edges that grow, and a line of words.

import { h } from '../dom.js'
import { nodeName, shortID, whoIs } from '../people.js'
import { Pace } from '../pace.js'
import { repairs } from '../repairs.js'
import { update } from '../store.js'
import { t } from '../strings.js'

const growing = 2500 // ms for which an edge is shown to be new
const bearable = 1500 // ms without a place, of which nobody needs to know

let of = null // ID of the room
let pace = new Pace()
let grown = new Map() // edge → when it grew
let serial = 0
let timer = 0

/** follow compares two states of the room that is looked at. */
export function follow(before, after) {
  if (after?.id !== of) {
    of = after?.id ?? null
    pace = new Pace()
    grown = new Map()
  }
  const found = repairs(before, after)
  const now = performance.now()
  for (const e of found.grown) grown.set(`${e.tree} ${e.key}`, now)
  pace.offer(found.news.map((line) => ({
    id: ++serial, rank: line.rank, tree: line.tree, hold: line.what === 'lost' ? bearable : 0, text: words(after, line),
  })), now)
  if (found.grown.length + found.news.length > 0) again()
}

// again draws when something is over or due.
function again() {
  const now = performance.now()
  pace.look(now)
  for (const [key, at] of grown) if (now - at >= growing) grown.delete(key)
  update({})
  const waits = [...grown.values()].map((at) => at + growing - now)
  const line = pace.wait(now)
  if (line !== null) waits.push(line)
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

function words(room, line) {
  const where = t(room.tree.roots.length > 1 ? `news.where.${line.tree}` : 'news.where')
  return t(`news.${line.what}`, { where, n: line.n, who: line.who && named(room, line.who), below: line.below && named(room, line.below) })
}

function named(room, id) {
  const node = room.tree.nodes.find((n) => n.id === id)
  if (node?.self) return t('news.self')
  return node ? nodeName(node) : whoIs(room, id)?.name || shortID(id)
}
