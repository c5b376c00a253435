// A tree that is drawn, the root on top. One's own way lies in a bed; the spare one is
// dashed.

import { h } from '../dom.js'
import { nodeName } from '../people.js'
import { store } from '../store.js'
import { t } from '../strings.js'
import { cut } from './cut.js'
import { edgeKey } from './grove.js'
import { layout } from './treelayout.js'
import { bow, edgeLine, hangs, label, radius, spareLine } from './treelines.js'
import { grows } from './treenews.js'
import { called, crowns, face, kind, pointing } from './treenode.js'

const margin = 14
const gap = 6 // between two names
const long = 140 // a name, if nobody is beside it

/** Picture draws a tree of a room. */
export function Picture(room, grove) {
  const { places, width: natural, height, across } = layout(grove)
  const width = Math.max(natural, long)
  const x = (p) => p.x + (across + width - natural) / 2
  const y = (p) => p.y + radius + margin
  const at = (id) => places.has(id) && { x: x(places.get(id)), y: y(places.get(id)) }
  const line = (from, to) => at(from) && at(to) && edgeLine(at(from), at(to))
  const edges = grove.edges.map(({ from, to, faded }) => ({ key: edgeKey(from, to), d: line(from, to), faded })).filter((e) => e.d)
  const [above, self] = [at(grove.spare), at(grove.self)]
  const spare = above && self && spareLine(above, self, width)
  return h('svg', {
    key: 'picture', class: 'picture', viewBox: `0 0 ${width} ${height + (spare && hangs(above, self, height) ? bow : 0)}`,
    vars: { '--natural': `${width}px` }, role: 'group', 'aria-labelledby': grove.only ? 'tree-title' : `tree-title-${grove.index}`,
  },
  edges.map(({ key, d, faded }) => grove.way.has(key) && !faded && Line(`bed ${key}`, 'bed', d)),
  spare && Line(`spare ${grove.spare}`, 'spare', spare),
  edges.map(({ key, d, faded }) => Line(key, `edge${grove.way.has(key) ? ' way' : ''}${faded ? ' faded' : ''}`, d)),
  edges.map(({ key, d }) => grows(grove.index, key) && Line(`grown ${key}`, 'grown', d)),
  grove.nodes.map((n) => {
    const p = places.get(n.id)
    return Node(room, grove, n, x(p), y(p), Math.min(free(p, places), 2 * x(p), 2 * (width - x(p))))
  }))
}

// Where a line runs is told as style too, so that it glides there with the nodes, in
// browsers that can. The length of one is what those that grow are drawn along.
function Line(key, kind, d) {
  return h('path', { key, class: kind, d, vars: { d: `path("${d}")` }, pathLength: kind === 'grown' ? 1 : undefined })
}

// free is how long a name may be, for who stands beside it.
function free(p, places) {
  const beside = [...places.values()].filter((q) => q !== p && Math.abs(q.y - p.y) < label)
  return Math.min(long, ...beside.map((q) => Math.abs(q.x - p.x) - gap))
}

function Node(room, grove, node, x, y, longest) {
  const choose = pointing(room, node)
  return h('g', {
    key: node.id, class: kind(node, store.pointed), vars: { transform: `translate(${x}px, ${y}px)` },
    role: 'button', tabindex: 0, ...choose,
    onkeydown: (e) => {
      if (e.key !== 'Enter' && e.key !== ' ') return
      e.preventDefault()
      choose.onclick()
    },
  },
  h('title', null, called(room, node)),
  node.relay
    ? [h('rect', { class: 'back', x: -19, y: -19, width: 38, height: 38, rx: 10 }), face(room, node, { x: -12, y: -12, width: 24, height: 24 })]
    : [h('circle', { class: 'halo', r: radius + 1 }), face(room, node, { x: -19, y: -19, width: 38, height: 38 })],
  h('text', { y: radius + 15 }, cut(nodeName(node), longest, node.self)),
  node.id === grove.root && h('text', { class: 'apex', y: -radius - 5 }, t(grove.seeking ? 'tree.seeking' : 'tree.root')),
  crowns(room, node.id).map((n, i) => h('g', { key: `crown ${n}`, class: n > 0 ? 'crownmark second' : 'crownmark', transform: `translate(${17 + 15 * i} -16)` },
    h('circle', { r: 8.5 }), h('text', { y: 4 }, String(n + 1)))))
}

/** Words say the same to who does not see it. */
export function Words(room, grove) {
  const nodes = new Map(grove.nodes.map((n) => [n.id, n]))
  return h('ul', { key: 'words', class: 'unseen' }, grove.nodes.map((n) => {
    const fed = grove.edges.filter((e) => e.from === n.id && nodes.has(e.to)).map((e) => nodeName(nodes.get(e.to)))
    return h('li', { key: n.id }, fed.length > 0
      ? t('tree.feeds', { name: called(room, n), others: fed.join(', ') })
      : t('tree.leaf', { name: called(room, n) }))
  }), nodes.has(grove.spare) && h('li', { key: 'spare' }, t('tree.spareof', { name: nodeName(nodes.get(grove.spare)) })))
}
