// How well the sound comes in, first in words, then in figures.

import { h } from '../dom.js'
import { count, t } from '../strings.js'

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
      Fact('depth', t('network.depth'), n.paths.map((p) => p.depth).join(' · ')),
      Fact('children', t('network.children'), feeds(n) > 0 ? count('people', feeds(n)) : t('network.children.none')),
      Fact('backup', t('network.backup'), t(n.paths.every((p) => p.backup || !p.parent) ? 'network.backup.yes' : 'network.backup.no'))))
}

function Fact(key, name, value) {
  return h('div', { key }, h('dt', null, name), h('dd', null, value))
}

function health(n, alone) {
  if (alone) return 'idle'
  if (!n.attached) return 'bad'
  return share(n) > 0.05 || n.delay_ms > 600 ? 'fair' : 'good'
}

const feeds = (n) => n.paths.reduce((sum, p) => sum + p.children, 0)

const share = (n) => (n.received + n.lost > 0 ? n.lost / (n.received + n.lost) : 0)

function loss(n) {
  const percent = share(n) * 100
  return `${percent.toLocaleString(undefined, { maximumFractionDigits: percent < 1 ? 2 : 1 })} %`
}

const capital = (s) => s.charAt(0).toLocaleUpperCase() + s.slice(1)
