// What the page works out about a room's trees without a browser: which is whose, what
// changed, and when it is told. scripts_test.go runs it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pace } from '../ui/js/pace.js'
import { groves, rootsAt } from '../ui/js/parts/grove.js'
import { fold } from '../ui/js/parts/treefold.js'
import { layout } from '../ui/js/parts/treelayout.js'
import { repairs } from '../ui/js/repairs.js'

// room makes a room of me and others from trees written as 'parent>child …', each with
// one's own path in it. The first of each tree is its root.
function room(...trees) {
  const edges = trees.flatMap(({ is }, tree) => is.split(' ').filter(Boolean).map((e) => ({ tree, from: e.split('>')[0], to: e.split('>')[1] })))
  const ids = new Set(['me', ...edges.flatMap((e) => [e.from, e.to])])
  return {
    id: 'room',
    tree: {
      roots: trees.map(({ is, root }) => root ?? is.split('>')[0]), edges,
      nodes: [...ids].map((id) => ({ id, name: id, self: id === 'me', relay: false })),
    },
    network: {
      paths: trees.map(({ is, backup = '', lost = false }) => {
        const parent = is.split(' ').find((e) => e.endsWith('>me'))?.split('>')[0] ?? ''
        return { attached: !lost, parent: lost ? '' : parent, backup }
      }),
    },
  }
}

const one = { is: 'a>b a>me a>c', backup: 'b' }
const two = { is: 'b>c c>me c>d b>a', backup: 'd' }

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

const told = (before, after) => repairs(before, after).news.map(({ what, tree, who, below, n }) => [what, tree, who, below, n].filter((x) => x !== undefined).join(' '))

const cases = [
  { name: 'nothing changed', before: [one, two], after: [one, two], want: [] },
  { name: 'the spare path took over', before: [one, two], after: [one, { is: 'b>c c>d d>me b>a' }], want: ['switched 1 d'] },
  { name: 'another place was found while fed', before: [one, two], after: [one, { is: 'b>c b>me c>d b>a' }], want: ['moved 1 b'] },
  { name: 'the place was lost', before: [one, two], after: [{ is: 'a>b a>c', lost: true }, two], want: ['lost 0'] },
  { name: 'a place was found', before: [{ is: 'a>b a>c', lost: true }, two], after: [one, two], want: ['found 0 a'] },
  { name: 'a spare path alone is no news', before: [one, two], after: [{ ...one, backup: 'c' }, two], want: [] },
  { name: 'oneself became the root', before: [one], after: [{ is: 'me>b me>c', root: 'me' }], want: ['crowned 0', 'others 0 2'] },
  { name: 'somebody else did', before: [one], after: [{ is: 'b>me b>c', root: 'b', backup: 'c' }], want: ['switched 0 b', 'root 0 b', 'other 0 c b'] },
  { name: 'one of the others moved', before: [one, two], after: [one, { is: 'b>c c>me b>d b>a', backup: 'd' }], want: ['other 1 d b'] },
  { name: 'several did', before: [{ is: 'a>b b>c b>d a>me' }], after: [{ is: 'a>b a>c a>d a>me' }], want: ['others 0 2'] },
  { name: 'who feeds oneself is named before others', before: [{ is: 'a>b b>c c>me b>d' }], after: [{ is: 'a>c c>me a>b a>d' }], want: ['other 0 c a'] },
  { name: 'a second tree', before: [one], after: [one, { is: '', root: '', lost: true }], want: ['two 0'] },
  { name: 'and an end of it', before: [one, two], after: [one], want: ['one 0'] },
  { name: 'somebody who came has not moved', before: [one], after: [{ ...one, is: `${one.is} b>new` }], want: [] },
]
for (const { name, before, after, want } of cases) {
  test(`news: ${name}`, () => assert.deepEqual(told(room(...before), room(...after)), want))
}

test('of another room there is no news', () => {
  assert.deepEqual(told(room(one), { ...room(two), id: 'other' }), [])
  assert.deepEqual(told(null, room(one)), [])
})

test('edges grow where somebody came or moved', () => {
  const { grown } = repairs(room(one, two), room({ ...one, is: `${one.is} b>new` }, { is: 'b>c c>d d>me b>a' }))
  assert.deepEqual(grown, [{ tree: 0, key: 'b new' }, { tree: 1, key: 'd me' }])
})

test('a first picture does not grow', () => {
  assert.deepEqual(repairs(room({ is: '', root: '', lost: true }), room(one)).grown, [])
})

test('of a large tree, of which a sample is told, only who moved grows', () => {
  const many = (n) => ({ is: Array.from({ length: 30 }, (_, i) => `a>p${n + i}`).join(' ') + ' a>me' })
  const { grown, news } = repairs(room(many(0)), room(many(5)))
  assert.deepEqual([grown, news], [[], []])
})

test('lines are told one at a time, what concerns oneself first', () => {
  const pace = new Pace()
  pace.offer([{ text: 'other', rank: 1 }, { text: 'first', rank: 3 }, { text: 'second', rank: 3 }], 0)
  assert.equal(pace.look(0).text, 'first')
  assert.equal(pace.wait(0), 4000)
  assert.equal(pace.look(3999).text, 'first')
  assert.equal(pace.look(4000).text, 'second')
  assert.equal(pace.look(8000).text, 'other')
  assert.equal(pace.look(8000 + 11999).text, 'other')
  assert.equal(pace.wait(8000 + 11999), 1)
  assert.equal(pace.look(8000 + 12000), null)
  assert.equal(pace.wait(8000 + 12000), null)
})

test('a loss that is mended soon is not told', () => {
  const pace = new Pace()
  pace.offer([{ text: 'lost', tree: 1, rank: 3, hold: 1500 }], 0)
  assert.equal(pace.look(0), null)
  assert.equal(pace.wait(0), 1500)
  pace.offer([{ text: 'somebody moved', tree: 1, rank: 1 }], 100)
  pace.offer([{ text: 'found', tree: 1, rank: 3 }], 200)
  assert.equal(pace.look(200).text, 'found')
  assert.equal(pace.look(4200).text, 'somebody moved')
  pace.offer([{ text: 'lost', tree: 0, rank: 3, hold: 1500 }], 10000)
  assert.equal(pace.look(11500).text, 'lost')
})

test('what waited too long is told no more', () => {
  const pace = new Pace()
  pace.offer([{ text: 'now', rank: 3 }, { text: 'next', rank: 3 }, { text: 'too late', rank: 1 }], 0)
  pace.look(0)
  pace.look(4000)
  assert.equal(pace.look(9000).text, 'next')
})
