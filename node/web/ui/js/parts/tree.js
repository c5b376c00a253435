// The room's tree as it is now: who feeds whom, the root on top. It is drawn where
// the drawing fits, and written as branches below each other where it does not.

import { h } from '../dom.js'
import { nodeName } from '../people.js'
import { store, update } from '../store.js'
import { t } from '../strings.js'
import { Branches } from './branches.js'
import { cut } from './cut.js'
import { layout } from './treelayout.js'
import { Pointed, called, face, kind, pointing } from './treenode.js'

const radius = 22
const margin = 14
const label = 22 // the name below a node
const gap = 6 // between two names
const long = 140 // a name, if nobody is beside it
const smallest = 0.88 // below it names are too small to read
const most = 80 // nodes that are worth an attempt to draw

// What the column beside the stage has, on a window of 1280.
const side = 340

let space = 0 // that there is to draw in
const measuring = new ResizeObserver(([{ contentRect }]) => {
  if (Math.round(contentRect.width) === space) return
  space = Math.round(contentRect.width)
  update({})
})

const fits = (tree, into) => tree.nodes.length <= most && layout(tree).width * smallest <= into

/** narrow tells whether a tree can be drawn in the column beside the stage. */
export const narrow = (tree) => fits(tree, side)

/** Tree draws it. */
export function Tree(room) {
  const { tree } = room
  return h('section', {
    key: 'tree', class: 'card tree', 'aria-labelledby': 'tree-title',
    mounted: (el) => measuring.observe(el), unmounted: (el) => measuring.unobserve(el),
  },
  h('h2', { id: 'tree-title' }, t('tree.title')),
  tree.edges.length === 0
    ? h('p', { class: 'soft', key: 'empty' }, t('tree.empty'))
    : [fits(tree, space) ? [Picture(room), Words(room)] : space > 0 && Branches(room, store.unfolded), Pointed(room)])
}

function Picture(room) {
  const { tree } = room
  const { places, width: natural, height, across } = layout(tree)
  const width = Math.max(natural, long)
  const x = (p) => p.x + (across + width - natural) / 2
  const y = (p) => p.y + radius + margin
  return h('svg', {
    key: 'picture', class: 'picture', viewBox: `0 0 ${width} ${height}`, vars: { '--natural': `${width}px` },
    role: 'group', 'aria-labelledby': 'tree-title',
  },
  tree.edges.map(({ from, to }) => {
    const [a, b] = [places.get(from), places.get(to)]
    return a && b && h('path', { key: `${from} ${to}`, class: 'edge', d: curve(x(a), y(a), x(b), y(b)) })
  }),
  tree.nodes.map((n) => {
    const p = places.get(n.id)
    return Node(room, n, x(p), y(p), Math.min(free(p, places), 2 * x(p), 2 * (width - x(p))))
  }))
}

// free is how long a name may be, for who stands beside it.
function free(p, places) {
  const beside = [...places.values()].filter((q) => q !== p && Math.abs(q.y - p.y) < label)
  return Math.min(long, ...beside.map((q) => Math.abs(q.x - p.x) - gap))
}

// A root that hangs down: straight at both ends.
function curve(ax, ay, bx, by) {
  const middle = (ay + by) / 2
  return `M${ax} ${ay + radius + label}C${ax} ${middle + 18} ${bx} ${middle} ${bx} ${by - radius}`
}

function Node(room, node, x, y, longest) {
  const choose = pointing(room, node)
  return h('g', {
    key: node.id, class: kind(node), transform: `translate(${x} ${y})`,
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
  room.tree.roots.includes(node.id) && h('text', { class: 'apex', y: -radius - 5 }, t('tree.root')))
}

function Words(room) {
  const { tree } = room
  const nodes = new Map(tree.nodes.map((n) => [n.id, n]))
  return h('ul', { key: 'words', class: 'unseen' }, tree.nodes.map((n) => {
    const others = tree.edges.filter((e) => e.from === n.id && nodes.has(e.to)).map((e) => nodeName(nodes.get(e.to)))
    return h('li', { key: n.id }, others.length > 0
      ? t('tree.feeds', { name: called(room, n), others: others.join(', ') })
      : t('tree.leaf', { name: called(room, n) }))
  }))
}
