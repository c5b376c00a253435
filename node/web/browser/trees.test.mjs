// What the page works out about a room's trees without a browser: which is whose, and
// what is remembered of it. scripts_test.go runs it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Memory } from '../ui/js/memory.js'
import { groves, rootsAt } from '../ui/js/parts/grove.js'
import { fold } from '../ui/js/parts/treefold.js'
import { layout } from '../ui/js/parts/treelayout.js'
import { one, room, two } from './made.mjs'

test('each tree is told as if it was the only one', () => {
  const [first, second] = groves(room(one, two))
  assert.deepEqual(first.nodes.map((n) => n.id).sort(), ['a', 'b', 'c', 'me'])
  assert.deepEqual(second.nodes.map((n) => n.id).sort(), ['a', 'b', 'c', 'd', 'me'])
  assert.deepEqual([...second.way], ['c me', 'b c'])
  assert.equal(second.spare, 'd')
  assert.equal(first.only, false)
})

test('the only tree has everybody, also who hangs in the air', () => {
  const alone = room(one)
  alone.tree.nodes.push({ id: 'loose', name: '', self: false, relay: false })
  const [only] = groves(alone)
  assert.equal(only.only, true)
  assert.equal(only.nodes.length, 5)
  assert.equal(layout(only).places.size, 5)
})

test('a tree that oneself has no place in yet has a place for oneself all the same', () => {
  const [, young] = groves(room(one, { is: '', root: '', lost: true }))
  assert.deepEqual(young.nodes.map((n) => n.id), ['me'])
  assert.equal(fold(young, false)[0].node.id, 'me')
})

test('a way that runs in a circle ends', () => {
  const [grove] = groves(room({ is: 'r>x a>b b>a b>me' }))
  assert.deepEqual([...grove.way], ['b me', 'a b', 'b a'])
})

test('somebody may be the root of either', () => {
  const { tree } = room(one, two)
  assert.deepEqual([rootsAt(tree, 'a'), rootsAt(tree, 'b'), rootsAt(tree, 'c')], [[0], [1], []])
})

const edges = (r, tree = 0) => r.tree.edges.filter((e) => e.tree === tree).map((e) => `${e.from}>${e.to}${e.faded ? '~' : ''}`).sort().join(' ')

test('while a new root has no word of the others they stay, faded', () => {
  const all = (r) => ({ ...r, people: ['r', 'a', 'b', 'c', 'me'].map((id) => ({ id })) })
  const memory = new Memory()
  memory.see(all(room({ is: 'r>a r>b a>me b>c' })), 0)
  assert.equal(edges(memory.see(all(room({ is: 'a>me', root: 'a' })), 1000)), 'a>me b>c~ r>b~')
  const [grove] = groves(memory.see(all(room({ is: 'a>me', root: 'a' })), 1100))
  assert.deepEqual(grove.nodes.filter((n) => n.faded).map((n) => n.id).sort(), ['b', 'c', 'r'])
  assert.equal(grove.seeking, false)
  assert.equal(edges(memory.see(all(room({ is: 'a>me a>b', root: 'a' })), 2000)), 'a>b a>me b>c~')
  assert.equal(memory.wait(2000), 2000)
  assert.equal(edges(memory.see(all(room({ is: 'a>me a>b', root: 'a' })), 4000)), 'a>b a>me')
  assert.equal(memory.wait(4000), null)
})

test('who has left the room is not kept', () => {
  const memory = new Memory()
  memory.see(room({ is: 'r>a r>b a>me b>c' }), 0)
  assert.equal(edges(memory.see(room({ is: 'a>me', root: 'a' }), 1000)), 'a>me')
})

test('without a root the last one stays, and is said to be sought', () => {
  const memory = new Memory()
  memory.see(room(one), 0)
  const lost = { ...room({ is: '', root: '', lost: true }), people: room(one).people }
  for (const at of [100, 20000]) {
    const [grove] = groves(memory.see(lost, at))
    assert.equal(grove.root, 'a')
    assert.equal(grove.seeking, true)
    assert.deepEqual(grove.nodes.filter((n) => n.faded).map((n) => n.id).sort(), ['a', 'b', 'c', 'me'])
  }
})

test('of who has moved there is no word for a moment either: below them all stay, faded', () => {
  const memory = new Memory()
  const whole = room({ is: 'a>b a>me b>c' })
  memory.see(whole, 0)
  const after = { ...room({ is: 'a>b a>me' }), people: whole.people }
  assert.equal(edges(memory.see(after, 1000)), 'a>b a>me b>c~')
  assert.equal(edges(memory.see(whole, 2000)), 'a>b a>me b>c')
  after.tree.silent = ['c']
  assert.equal(edges(memory.see(after, 3000)), 'a>b a>me', 'who does not answer, and of whom nobody tells, is gone')
})

test('of a large tree, of which a sample is told, nothing is remembered', () => {
  const many = (n) => room({ is: Array.from({ length: 30 }, (_, i) => `a>p${n + i}`).join(' ') + ' a>me' })
  const memory = new Memory()
  memory.see(many(0), 0)
  assert.equal(memory.see({ ...many(5), people: [...many(0).people, ...many(5).people] }, 100).tree.edges.length, 31)
})

test('who does not answer fades at once, in both trees', () => {
  const quiet = room(one, two)
  quiet.tree.silent = ['b']
  const seen = new Memory().see(quiet, 0)
  assert.equal(edges(seen), 'a>b~ a>c a>me')
  assert.equal(edges(seen, 1), 'b>a~ b>c~ c>d c>me')
  assert.deepEqual(groves(seen).map((g) => [g.nodes.find((n) => n.id === 'b').faded, g.seeking]), [[true, false], [true, true]])
})
