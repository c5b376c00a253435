// The room's tree as it is now: who feeds whom, the root on top. The picture is for
// the eyes; a list says the same in words.

import { avatar } from '../avatar.js'
import { h } from '../dom.js'
import { icon } from '../icons.js'
import { nodeName, whoIs } from '../people.js'
import { t } from '../strings.js'
import { layout } from './treelayout.js'

const radius = 22
const margin = 14
const label = 22 // the name below a node

// What fits beside the stage without scrolling.
const side = 425

/** narrow tells whether a tree fits into the column beside the stage. */
export const narrow = (tree) => layout(tree).width <= side

/** Tree draws it. */
export function Tree(room) {
  const { tree } = room
  const drawn = tree.edges.length > 0
  return h('section', { key: 'tree', class: 'card tree', 'aria-labelledby': 'tree-title' },
    h('h2', { id: 'tree-title' }, t('tree.title')),
    drawn ? [Picture(room), Words(room), Legend(tree)] : h('p', { class: 'soft', key: 'empty' }, t('tree.empty')))
}

function Picture(room) {
  const { tree } = room
  const { places, width, height, across } = layout(tree)
  const x = (p) => p.x + across / 2
  const y = (p) => p.y + radius + margin
  return h('div', { key: 'picture', class: 'scroll', 'aria-hidden': 'true' },
    h('svg', { viewBox: `0 0 ${width} ${height}`, vars: { '--natural': `${width}px` } },
      tree.edges.map(({ from, to }) => {
        const [a, b] = [places.get(from), places.get(to)]
        return a && b && h('path', { key: `${from} ${to}`, class: 'edge', d: curve(x(a), y(a), x(b), y(b)) })
      }),
      tree.nodes.map((n) => {
        const p = places.get(n.id)
        return Node(room, n, x(p), y(p))
      })))
}

// A root that hangs down: straight at both ends.
function curve(ax, ay, bx, by) {
  const middle = (ay + by) / 2
  return `M${ax} ${ay + radius + label}C${ax} ${middle + 18} ${bx} ${middle} ${bx} ${by - radius}`
}

function Node(room, node, x, y) {
  const person = whoIs(room, node.id)
  const kind = [node.relay && 'relay', node.self && 'self', node.id === room.tree.root && 'top'].filter(Boolean).join(' ')
  return h('g', { key: node.id, class: `node ${kind}`, transform: `translate(${x} ${y})` },
    h('title', null, called(room, node)),
    node.relay
      ? [h('rect', { class: 'back', x: -19, y: -19, width: 38, height: 38, rx: 10 }), icon('leaf', { x: -12, y: -12, width: 24, height: 24 })]
      : [h('circle', { class: 'halo', r: radius + 1 }), avatar(node.id, person?.name ?? node.name, { x: -19, y: -19, width: 38, height: 38 })],
    h('text', { y: radius + 15 }, short(nodeName(node))),
    node.id === room.tree.root && h('text', { class: 'crown', y: -radius - 5 }, t('tree.root')))
}

const short = (name) => ([...name].length > 14 ? `${[...name].slice(0, 13).join('')}…` : name)

function called(room, node) {
  const marks = [node.id === room.tree.root && t('tree.root'), node.relay && t('tree.relay'), node.self && t('tree.self')].filter(Boolean)
  return marks.length > 0 ? `${nodeName(node)} (${marks.join(', ')})` : nodeName(node)
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

function Legend(tree) {
  return h('p', { key: 'legend', class: 'legend soft' },
    tree.nodes.some((n) => n.relay) && h('span', { class: 'relay' }, t('tree.legend.relay')),
    tree.nodes.some((n) => n.self) && h('span', { class: 'self' }, t('tree.legend.self')))
}
