// How well the sound comes in, first in words, then in figures; with two trees, by which
// ways.

import { h } from '../dom.js'
import { nodeName, shortID } from '../people.js'
import { count, t } from '../strings.js'

const named = 3 // of those whom one feeds

/** Network draws it. */
export function Network(room) {
  const n = room.network
  const alone = !n.attached && room.people.length < 2
  const words = room.keyed === false ? t('network.unkeyed') : n.words || t(n.attached ? 'network.attached' : alone ? 'network.alone' : 'network.detached')
  return h('section', { key: 'network', class: 'card network', 'aria-labelledby': 'network-title' },
    h('h2', { id: 'network-title' }, t('network.title')),
    h('p', { class: `health ${health(n, alone)}` }, capital(words)),
    n.attached && h('dl', null,
      Fact('delay', t('network.delay'), n.delay_ms > 0 ? t('network.ms', { n: n.delay_ms }) : '–'),
      Fact('loss', t('network.loss'), loss(n)),
      n.paths.length < 2 && n.paths.map((p) => [Depth(p), Spare(t(p.backup || !p.parent ? 'network.backup.yes' : 'network.backup.no'))]),
      Fact('children', t('network.children'), feeds(room))),
    n.attached && n.paths.length > 1 && n.paths.map((p, i) => Path(room, p, i)))
}

// Path is one of two: where the sound comes from, and where it would.
function Path(room, p, i) {
  const [first, ...more] = facts(room, p)
  return h('div', { key: `path ${i}`, class: i > 0 ? 'path second' : 'path first' },
    h('h3', { class: 'caption' }, h('span', { class: 'number', 'aria-hidden': 'true' }, String(i + 1)), t(`tree.name.${i}`),
      typeof first === 'string' && h('span', { class: 'soft' }, first)),
    typeof first !== 'string' && h('dl', null, first, more))
}

function facts(room, p) {
  if (!p.attached) return [t('network.seeking')]
  if (!p.parent) return [t('network.top')]
  return [Depth(p), Fact('parent', t('network.parent'), called(room, p.parent)), Spare(p.backup ? called(room, p.backup) : t('network.backup.no'))]
}

const Depth = (p) => Fact('depth', t('network.depth'), p.depth)

const Spare = (words) => Fact('backup', t('network.backup'), words)

function Fact(key, name, value) {
  return h('div', { key }, h('dt', null, name), h('dd', { dir: 'auto' }, value))
}

function health(n, alone) {
  if (alone) return 'idle'
  if (!n.attached) return 'bad'
  return share(n) > 0.05 || n.delay_ms > 600 ? 'fair' : 'good'
}

// feeds says whom this person passes the sound on to: by name, where it is known of all.
function feeds({ network, tree }) {
  const n = network.paths.reduce((sum, p) => sum + p.children, 0)
  if (n === 0) return t('network.children.none')
  const self = tree.nodes.find((node) => node.self)?.id
  const nodes = tree.nodes.filter((node) => tree.edges.some((e) => e.from === self && e.to === node.id))
  return nodes.length === n && n <= named ? nodes.map(nodeName).join(', ') : count('people', n)
}

function called({ tree }, id) {
  const node = tree.nodes.find((n) => n.id === id)
  return node ? nodeName(node) : shortID(id)
}

const share = (n) => (n.received + n.lost > 0 ? n.lost / (n.received + n.lost) : 0)

function loss(n) {
  const percent = share(n) * 100
  return `${percent.toLocaleString(undefined, { maximumFractionDigits: percent < 1 ? 2 : 1 })} %`
}

const capital = (s) => s.charAt(0).toLocaleUpperCase() + s.slice(1)
