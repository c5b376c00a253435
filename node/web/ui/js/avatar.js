// A picture for everyone, drawn from the peer ID alone: the same on every screen,
// and hard to imitate by choosing a name.

import { h } from './dom.js'

// Ground and leaf of each picture: tones of a garden, all dark enough for the cream
// of the initials (contrast over 4.5).
const tones = [
  ['#2f5d46', '#3f7a5b'], ['#7a3e2b', '#9a5540'], ['#45507e', '#5a679c'], ['#76591d', '#90702c'],
  ['#5d3a62', '#78507e'], ['#1f5e68', '#2f7984'], ['#803849', '#9d5062'], ['#4c5f27', '#637a37'],
  ['#634a35', '#7e6149'], ['#2d5580', '#416d9b'], ['#704070', '#8a588a'], ['#3b5a50', '#507468'],
]

// A small generator: what is drawn follows from the ID and nothing else.
function seeded(text) {
  let a = 2166136261
  for (const c of text) a = Math.imul(a ^ c.codePointAt(0), 16777619)
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** initials are one or two letters of a name. */
export function initials(name) {
  const words = name.split(/\s+/u).map((w) => w.replace(/^\p{P}+/u, '')).filter(Boolean)
  if (words.length === 0) return '·'
  const letters = words.length === 1 ? [words[0]] : [words[0], words[words.length - 1]]
  return letters.map((w) => [...w][0].toLocaleUpperCase()).join('')
}

const drawn = new Map()

// The leaves of one ID: an ellipse each, around a centre that is off the middle.
function leaves(id) {
  if (drawn.has(id)) return drawn.get(id)
  const next = seeded(id)
  const [ground, leaf] = tones[Math.floor(next() * tones.length)]
  const n = 5 + Math.floor(next() * 5)
  const turn = next() * 360
  const cx = 24 + next() * 32
  const cy = 24 + next() * 32
  const long = 26 + next() * 14
  const wide = 6 + next() * 8
  const shapes = Array.from({ length: n }, (_, i) => ({
    cx, cy: cy - long, rx: wide, ry: long, angle: turn + (i * 360) / n, shade: i % 2 ? 0.95 : 0.55,
  }))
  const picture = { ground, leaf, shapes, cx, cy }
  if (drawn.size > 5000) drawn.clear()
  drawn.set(id, picture)
  return picture
}

/** Round is the shape that all avatars are cut to; it must be on the page once. */
export function Round() {
  return h('svg', { key: 'round', class: 'unseen', 'aria-hidden': 'true' },
    h('clipPath', { id: 'round' }, h('circle', { cx: 40, cy: 40, r: 40 })))
}

/** avatar draws someone; who hears the page is told the name beside it. */
export function avatar(id, name, extra = {}) {
  const { ground, leaf, shapes, cx, cy } = leaves(id)
  const text = initials(name)
  return h('svg', { viewBox: '0 0 80 80', class: 'avatar', 'aria-hidden': 'true', ...extra },
    h('g', { 'clip-path': 'url(#round)' },
      h('rect', { width: 80, height: 80, fill: ground }),
      shapes.map((s) => h('ellipse', {
        cx: s.cx.toFixed(1), cy: s.cy.toFixed(1), rx: s.rx.toFixed(1), ry: s.ry.toFixed(1),
        fill: leaf, 'fill-opacity': s.shade, transform: `rotate(${s.angle.toFixed(1)} ${cx.toFixed(1)} ${cy.toFixed(1)})`,
      }))),
    h('text', { x: 40, y: 41, class: text.length > 1 ? 'initials' : 'initials single' }, text))
}
