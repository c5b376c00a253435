// A tree in writing: each branch a row with its twigs below it, at any width and for
// any number of people.

import { h } from '../dom.js'
import { nodeName } from '../people.js'
import { store, update } from '../store.js'
import { t } from '../strings.js'
import { edgeKey } from './grove.js'
import { fold, folds } from './treefold.js'
import { grows } from './treenews.js'
import { called, crowns, face, kind, pointing } from './treenode.js'

/** Branches draws a tree of a room; all draws everyone. */
export function Branches(room, grove, all) {
  return [
    h('ul', { key: 'branches', class: 'branches' }, fold(grove, all).map((b) => Branch(room, grove, b, null))),
    folds(grove) && h('button', {
      key: 'all', class: 'plain small more', 'aria-expanded': String(all),
      onclick: () => update({ unfolded: { ...store.unfolded, [grove.index]: !all } }),
    }, all ? t('tree.fewer') : t('room.all', { n: grove.nodes.length.toLocaleString() })),
  ]
}

function Branch(room, grove, { node, branches, twigs, more }, above) {
  return h('li', { key: node?.id ?? 'loose', class: fed(grove, node, above) },
    node ? Name(room, grove, node) : h('p', { class: 'soft' }, t('tree.loose')),
    twigs.length > 0 && h('ul', { key: 'twigs', class: 'twigs' },
      twigs.map((twig) => h('li', { key: twig.node.id, class: fed(grove, twig.node, node) }, Name(room, grove, twig.node), twig.below > 0 && Below(twig.below))),
      more > 0 && h('li', { key: 'more', class: 'soft' }, t('room.more', { n: more.toLocaleString() }))),
    branches.length > 0 && h('ul', { key: 'branches' }, branches.map((b) => Branch(room, grove, b, node))))
}

// fed are the classes of a row, by the edge that leads to it.
function fed(grove, node, above) {
  if (!node || !above) return undefined
  const key = edgeKey(above.id, node.id)
  return [grove.way.has(key) && 'onway', grows(grove.index, key) && 'sprouts'].filter(Boolean).join(' ') || undefined
}

function Name(room, grove, node) {
  const { tree } = room
  return h('button', { class: `bare ${kind(node, store.pointed)}`, title: called(room, node), ...pointing(room, node) },
    h('span', { class: 'bud' }, face(room, node)),
    h('span', { class: 'name', dir: 'auto' }, nodeName(node)),
    node.id === grove.root && h('span', { class: 'apex' }, t(grove.seeking ? 'tree.seeking' : 'tree.root')),
    node.faded && h('span', { class: 'unseen' }, t('tree.faded')),
    crowns(room, node.id).map((n) => Crown(n, node.id === grove.root)),
    node.relay && !tree.roots.includes(node.id) && h('span', { class: 'unseen' }, t('tree.relay')),
    node.self && h('small', null, t('tree.self')),
    node.id === grove.spare && h('small', { class: 'sparely' }, t('tree.spare')))
}

function Crown(n, told) {
  return h('span', { key: `crown ${n}`, class: n > 0 ? 'number second' : 'number first' },
    h('span', { 'aria-hidden': 'true' }, String(n + 1)), !told && h('span', { class: 'unseen' }, t(`tree.root.${n}`)))
}

function Below(n) {
  return h('span', { class: 'soft', title: t('tree.below', { n: n.toLocaleString() }) },
    h('span', { class: 'count', 'aria-hidden': 'true' }, `+${n.toLocaleString()}`), h('span', { class: 'unseen' }, t('tree.below', { n: n.toLocaleString() })))
}
