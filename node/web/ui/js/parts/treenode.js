// What the drawn and the written trees share: how a node is called, how it looks and
// what happens when it is pointed at or chosen.

import { avatar } from '../avatar.js'
import { h } from '../dom.js'
import { icon } from '../icons.js'
import { nodeName, relayOf, whoIs } from '../people.js'
import { store, update } from '../store.js'
import { t } from '../strings.js'
import { rootsAt } from './grove.js'

/** called is a node's whole name, and what it is. */
export function called(room, node) {
  const marks = [...rooted(room, node.id), node.relay && t('tree.relay'), node.self && t('tree.self'), node.faded && t('tree.faded')].filter(Boolean)
  return marks.length > 0 ? `${nodeName(node)} (${marks.join(', ')})` : nodeName(node)
}

function rooted({ tree }, id) {
  const at = rootsAt(tree, id)
  return tree.roots.length > 1 ? at.map((n) => t(`tree.root.${n}`)) : at.map(() => t('tree.root'))
}

/** crowns are the trees for which a node is marked as their root: none where there is
 * only one, whose root needs no number. */
export const crowns = ({ tree }, id) => (tree.roots.length > 1 ? rootsAt(tree, id) : [])

/** kind is a node's classes. Who is pointed at in one tree is seen in the other. */
export function kind(node, pointed) {
  return ['node', node.relay && 'relay', node.self && 'self', node.faded && 'faded', node.id === pointed && 'pointed'].filter(Boolean).join(' ')
}

/** face is a node's picture. */
export function face(room, node, size = {}) {
  return node.relay ? icon('leaf', size) : avatar(node.id, whoIs(room, node.id)?.name ?? node.name, size)
}

/** pointing makes a node show its whole name while it is pointed at, and its card when
 * it is chosen. */
export function pointing(room, node) {
  const show = () => store.pointed !== node.id && update({ pointed: node.id })
  const hide = () => store.pointed === node.id && update({ pointed: null })
  return {
    onpointerenter: show, onpointerleave: hide, onfocus: show, onblur: hide,
    onclick: () => (whoIs(room, node.id) ?? relayOf(room, node.id)) && update({ dialog: { kind: 'person', room: room.id, peer: node.id } }),
  }
}

/** Pointed is the whole name of who is pointed at; without one, the legend. */
export function Pointed(room, trees) {
  const { tree } = room
  const node = tree.nodes.find((n) => n.id === store.pointed)
  if (node) return h('p', { key: 'legend', class: 'legend whole', 'aria-hidden': 'true', dir: 'auto' }, called(room, node))
  const spare = trees.some((g) => g.nodes.some((n) => n.id === g.spare))
  return h('p', { key: 'legend', class: 'legend soft' },
    tree.nodes.some((n) => n.relay) && h('span', { class: 'relay' }, t('tree.legend.relay')),
    tree.nodes.some((n) => n.self) && h('span', { class: 'self' }, t('tree.legend.self')),
    trees.some((g) => g.way.size > 0) && h('span', { class: 'way' }, t('tree.legend.way')),
    spare && h('span', { class: 'sparely' }, t('tree.legend.spare')),
    trees.some((g) => g.nodes.some((n) => n.faded)) && h('span', { class: 'fading' }, t('tree.legend.faded')))
}
