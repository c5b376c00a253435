// What is told of a room's trees, and when, without a browser. scripts_test.go runs it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pace } from '../ui/js/pace.js'
import { repairs } from '../ui/js/repairs.js'
import { stillSo } from '../ui/js/stillso.js'
import { one, room, two } from './made.mjs'

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

// without is a room that somebody is gone from who is still said to be in it.
const without = (id, r) => ({ ...r, people: [...r.people, { id, name: id }] })

test('who is gone is told of, once', () => {
  const before = room({ is: 'a>b a>me b>c' })
  const quiet = { ...before, tree: { ...before.tree, silent: ['c'] } }
  const after = without('c', room({ is: 'a>b a>me' }))
  assert.deepEqual(told(before, quiet), ['silent 0 c'])
  assert.deepEqual(told(quiet, after), [])
  assert.deepEqual(told(before, after), ['gone 0 c'])
  assert.deepEqual(told(before, room({ is: 'a>b a>me' })), [], 'who left the room is no news of the trees')
})

test('who is gone concerns oneself more if the sound came by them', () => {
  const before = room({ is: 'a>b b>me a>c' })
  const gone = (id) => ({ ...before, tree: { ...before.tree, nodes: before.tree.nodes.filter((n) => n.id !== id) } })
  const rank = (id) => repairs(before, gone(id)).news[0].rank
  assert.ok(rank('b') > rank('c'))
  const [silent] = repairs(before, { ...before, tree: { ...before.tree, silent: ['c'] } }).news
  assert.equal(silent.rank, rank('b'))
})

const so = [
  { name: 'who moved is below whom they moved to', line: { what: 'other', tree: 1, who: 'd', below: 'c' }, so: true },
  { name: 'or has moved on', line: { what: 'other', tree: 1, who: 'd', below: 'b' }, so: false },
  { name: 'or is gone', line: { what: 'other', tree: 1, who: 'x', below: 'c' }, so: false },
  { name: 'a root', line: { what: 'root', tree: 0, who: 'a' }, so: true },
  { name: 'a root of a moment ago', line: { what: 'root', tree: 0, who: 'b' }, so: false },
  { name: 'below one’s parent', line: { what: 'switched', tree: 1, below: 'c' }, so: true },
  { name: 'below another', line: { what: 'found', tree: 1, below: 'b' }, so: false },
  { name: 'lost and found', line: { what: 'lost', tree: 1 }, so: false },
  { name: 'no longer the root', line: { what: 'crowned', tree: 0 }, so: false },
  { name: 'two trees', line: { what: 'two', tree: 0 }, so: true },
  { name: 'one tree', line: { what: 'one', tree: 0 }, so: false },
  { name: 'several moved', line: { what: 'others', tree: 0, n: 3 }, so: true },
  { name: 'gone, and there again', line: { what: 'gone', tree: 0, who: 'c' }, so: false },
  { name: 'silent, and heard again', line: { what: 'silent', tree: 0, who: 'c' }, so: false },
]
for (const { name, line, so: want } of so) {
  test(`still so: ${name}`, () => assert.equal(stillSo(room(one, two), line), want))
}

test('nothing is told of who does not answer but that', () => {
  const quiet = room(one, two)
  quiet.tree.silent = ['c']
  assert.equal(stillSo(quiet, { what: 'other', tree: 1, who: 'd', below: 'c' }), false)
  assert.equal(stillSo(quiet, { what: 'silent', tree: 1, who: 'c' }), true)
})

test('lines are told one at a time: what concerns oneself first, and of that the newest', () => {
  const pace = new Pace()
  pace.offer([{ key: 1, text: 'other', rank: 1 }, { key: 2, text: 'first', rank: 3 }, { key: 3, text: 'second', rank: 3 }], 0)
  assert.equal(pace.look(0).text, 'second')
  assert.equal(pace.wait(0), 4000)
  assert.equal(pace.look(3999).text, 'second')
  assert.equal(pace.look(4000).text, 'first')
  pace.offer([{ key: 1, text: 'another', rank: 1 }], 5000)
  assert.equal(pace.look(8000).text, 'another')
  assert.equal(pace.look(8000 + 11999).text, 'another')
  assert.equal(pace.wait(8000 + 11999), 1)
  assert.equal(pace.look(8000 + 12000), null)
  assert.equal(pace.wait(8000 + 12000), null)
})

test('what concerns oneself more does not wait for long', () => {
  const pace = new Pace()
  pace.offer([{ key: 1, text: 'other', rank: 1 }], 0)
  pace.look(0)
  pace.offer([{ key: 2, text: 'own', rank: 3 }], 100)
  assert.equal(pace.look(100).text, 'other')
  assert.equal(pace.wait(100), 1400)
  assert.equal(pace.look(1500).text, 'own')
})

test('what has been overtaken is not told, and not told for long', () => {
  const pace = new Pace()
  pace.offer([{ key: 1, text: 'now', rank: 1 }, { key: 2, text: 'old', rank: 1 }], 0)
  assert.equal(pace.look(0).text, 'old')
  pace.check((line) => line.text !== 'now')
  assert.equal(pace.look(4000).text, 'old')
  assert.equal(pace.look(8000).text, 'old')
  pace.check(() => false)
  assert.equal(pace.look(8000), null)
  pace.offer([{ key: 3, text: 'third', rank: 1 }], 9000)
  pace.look(9000)
  pace.check(() => false)
  assert.equal(pace.look(9100).text, 'third')
  assert.equal(pace.wait(9100), 1400)
  pace.offer([{ key: 4, text: 'fourth', rank: 1 }], 9200)
  assert.equal(pace.look(10500).text, 'fourth')
})

test('a loss that is mended soon is not told', () => {
  const pace = new Pace()
  pace.offer([{ key: 1, text: 'lost', rank: 3, hold: 1500 }], 0)
  assert.equal(pace.look(0), null)
  assert.equal(pace.wait(0), 1500)
  pace.offer([{ key: 2, text: 'found', rank: 3 }], 200)
  pace.check((line) => line.text !== 'lost')
  assert.equal(pace.look(200).text, 'found')
  assert.equal(pace.look(4200).text, 'found')
  pace.offer([{ key: 1, text: 'lost', rank: 3, hold: 1500 }], 20000)
  assert.equal(pace.look(21500).text, 'lost')
})

test('what waited too long is told no more', () => {
  const pace = new Pace()
  pace.offer([{ key: 1, text: 'too late', rank: 1 }, { key: 2, text: 'next', rank: 3 }, { key: 3, text: 'now', rank: 3 }], 0)
  pace.look(0)
  pace.look(4000)
  assert.equal(pace.look(9000).text, 'next')
})
