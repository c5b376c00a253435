// The tree in writing: each branch a row with its twigs below it, at any width and for
// any number of people.

import { h } from '../dom.js'
import { nodeName } from '../people.js'
import { update } from '../store.js'
import { t } from '../strings.js'
import { fold, folds } from './treefold.js'
import { called, face, kind, pointing } from './treenode.js'

/** Branches draws a tree; all draws everyone. */
export function Branches(room, all) {
  const { tree } = room
  return [
    h('ul', { key: 'branches', class: 'branches' }, fold(tree, all).map((b) => Branch(room, b))),
    folds(tree) && h('button', {
      key: 'all', class: 'plain small more', 'aria-expanded': String(all), onclick: () => update({ unfolded: !all }),
    }, all ? t('tree.fewer') : t('room.all', { n: tree.nodes.length.toLocaleString() })),
  ]
}

function Branch(room, { node, branches, twigs, more }) {
  return h('li', { key: node?.id ?? 'loose' },
    node ? Name(room, node) : h('p', { class: 'soft' }, t('tree.loose')),
    twigs.length > 0 && h('ul', { key: 'twigs', class: 'twigs' },
      twigs.map((twig) => h('li', { key: twig.node.id }, Name(room, twig.node), twig.below > 0 && Below(twig.below))),
      more > 0 && h('li', { key: 'more', class: 'soft' }, t('room.more', { n: more.toLocaleString() }))),
    branches.length > 0 && h('ul', { key: 'branches' }, branches.map((b) => Branch(room, b))))
}

function Name(room, node) {
  return h('button', { class: `bare ${kind(node)}`, title: called(room, node), ...pointing(room, node) },
    h('span', { class: 'bud' }, face(room, node)),
    h('span', { class: 'name', dir: 'auto' }, nodeName(node)),
    room.tree.roots.includes(node.id) && h('span', { class: 'apex' }, t('tree.root')),
    node.relay && !room.tree.roots.includes(node.id) && h('span', { class: 'unseen' }, t('tree.relay')),
    node.self && h('small', null, t('tree.self')))
}

function Below(n) {
  return h('span', { class: 'soft', title: t('tree.below', { n: n.toLocaleString() }) },
    h('span', { class: 'count', 'aria-hidden': 'true' }, `+${n.toLocaleString()}`), h('span', { class: 'unseen' }, t('tree.below', { n: n.toLocaleString() })))
}
