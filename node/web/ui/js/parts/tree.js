// The room's trees as they are now: who feeds whom, the root on top. Each is drawn where
// the drawing fits, and written as branches below each other where it does not; two stand
// side by side where there is room.

import { h } from '../dom.js'
import { store, update } from '../store.js'
import { t } from '../strings.js'
import { Branches } from './branches.js'
import { groves } from './grove.js'
import { layout } from './treelayout.js'
import { News, lately } from './treenews.js'
import { Pointed } from './treenode.js'
import { Picture, Words } from './treepicture.js'

const smallest = 0.88 // below it names are too small to read
const most = 80 // nodes that are worth an attempt to draw
const between = 28 // two trees
const writing = 300 // a tree's branches need

let space = 0 // that there is to draw in
const measuring = new ResizeObserver(([{ contentRect }]) => {
  if (Math.round(contentRect.width) === space) return
  space = Math.round(contentRect.width)
  update({})
})

const fits = (grove, into) => grove.nodes.length <= most && layout(grove).width * smallest <= into

/** Tree draws them. */
export function Tree(told) {
  const room = lately(told)
  const trees = groves(room)
  const half = (space - between) / 2
  // What can be drawn whole is not written, nor made smaller, to stand beside the other.
  const beside = trees.length > 1 && trees.every((g) => fits(g, half) || half >= writing && !fits(g, space))
  const width = beside ? half : space
  return h('section', {
    key: 'tree', class: 'card tree', 'aria-labelledby': 'tree-title',
    mounted: (el) => measuring.observe(el), unmounted: (el) => measuring.unobserve(el),
  },
  h('h2', { id: 'tree-title' }, t('tree.title')),
  room.tree.edges.length === 0
    ? h('p', { class: 'soft', key: 'empty' }, t('tree.empty'))
    : [
        trees.length > 1 && h('p', { key: 'two', class: 'soft two' }, t('tree.two')),
        h('div', { key: 'groves', class: beside ? 'groves beside' : 'groves' }, trees.map((grove) => Grove(room, grove, width))),
      ],
  News(room),
  room.tree.edges.length > 0 && Pointed(room, trees))
}

function Grove(room, grove, width) {
  return h('div', { key: `grove ${grove.index}`, class: grove.index > 0 ? 'grove second' : 'grove first' },
    !grove.only && h('h3', { key: 'caption', id: `tree-title-${grove.index}`, class: 'caption' },
      h('span', { class: 'number', 'aria-hidden': 'true' }, String(grove.index + 1)), t(`tree.name.${grove.index}`)),
    grove.edges.length === 0 && h('p', { key: 'young', class: 'soft' }, t('tree.young')),
    fits(grove, width) ? [Picture(room, grove), Words(room, grove)] : width > 0 && Branches(room, grove, Boolean(store.unfolded[grove.index])))
}
