// The trees of a made-up room fall apart and mend (repair_slow_test.go): what the page
// draws and says, to who sees it and to who does not. Asks whoever started it, by a line
// on its output, for each repair.
//
//   node trees.mjs ADDRESS TOKEN OUT

import { createInterface } from 'node:readline'
import { check, main, passed } from './browser.mjs'

const [address, token, out] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const sizes = [{ width: 1600, height: 1100 }, { width: 390, height: 844 }]

async function please(what) {
  console.log(`please: ${what}`)
  await lines.next()
}

async function api(method, path) {
  return (await fetch(`${address}/api/v1${path}`, { method, headers: { Authorization: `Bearer ${token}` } })).json()
}

await main(async ({ launch, visit }) => {
  const mai = await visit('mai', await launch(), (await api('POST', '/links')).url, out)
  const { id } = (await api('GET', '/state')).rooms[0]
  await mai.page.goto(`${address}/#/room/${id}`)
  await mai.until('both trees are drawn', () => document.querySelectorAll('.grove .picture').length === 2)
  await still(mai)
  await mends(mai)
  await calm(mai)
  await only(mai)
})

// What is there while nothing happens.
async function still(mai) {
  await mai.page.setViewportSize(sizes[0])
  const count = (query) => mai.page.locator(query).count()
  check(await count('.floor .tree') === 1, 'the trees are not below the stage')
  check(await count('.grove .apex') === 2, 'each tree has a root')
  check(await count('.crownmark') === 4, 'each root is marked in both trees')
  check(await count('.grove .spare') === 2, 'each tree has a spare path')
  check(await count('.grove.first .way') === 1 && await count('.grove.second .way') === 2, 'the way from either root is marked')
  check(await count('.grown') === 0 && await count('.news span') === 0, 'nothing has happened, and something is told')
  const words = await mai.page.locator('.network').innerText()
  for (const fact of ['First tree', 'Second tree', 'Hanoi commons', 'Jonas Weber', 'Priya Raman']) {
    check(words.includes(fact), `the network card lacks ${fact}: ${words}`)
  }
  await mai.page.locator('.grove.first').getByRole('button', { name: 'Jonas Weber', exact: true }).hover()
  await mai.until('who is pointed at in one tree is seen in the other', () => document.querySelectorAll('.grove .pointed').length === 2)
  await mai.page.mouse.move(0, 0)
  await mai.whole('trees', sizes)
}

async function mends(mai) {
  await please('switch')
  await mai.until('a switch is told', () => document.querySelector('.news').textContent.startsWith('Switched to the spare path in the second tree'))
  check(await mai.page.locator('.grove.second .grown').count() > 0, 'the new edge does not grow')
  check(await mai.page.locator('.news[role=status]').count() === 1, 'it is told to those who see it alone')
  await mai.until('and the edge is like others again', () => !document.querySelector('.grown'))
  await mai.whole('switched', sizes)
  await please('heal')
  await please('lose')
  await mai.until('a lost place is told', () => document.querySelector('.news').textContent.startsWith('Lost the place in the second tree'))
  check((await mai.page.locator('.network').innerText()).includes('looking for a place'), 'the network card knows nothing of it')
  await mai.whole('lost-place', sizes)
  await please('find')
  await mai.until('and a new one', () => document.querySelector('.news').textContent.startsWith('Found a new place in the second tree'))
  await please('heal')
  await please('crown')
  await mai.until('oneself at the top is told', () => document.querySelector('.news').textContent.startsWith('You are now the root in the first tree'))
  await mai.whole('crowned', sizes)
  await please('heal')
  await please('headless')
  await mai.until('the last root is said to be sought', () => document.querySelector('.grove.first .apex')?.textContent.startsWith('finding'))
  check(await mai.page.locator('.grove.first .node').count() === 13, 'somebody vanished with the root')
  await mai.whole('headless', sizes)
  await please('heal')
  await please('die')
  await mai.until('nobody vanishes when a root dies', () => document.querySelectorAll('.grove.first .node.faded').length === 10)
  check(await mai.page.locator('.grove.second .node.faded').count() === 1, 'who died is not faded in the other tree')
  await mai.until('it is told', () => document.querySelector('.news').textContent === 'Hanoi commons does not answer.')
  await mai.whole('died', sizes)
  await please('heal')
}

// Who wants no motion is shown the new edge for a moment, and nothing moves.
async function calm(mai) {
  await mai.page.emulateMedia({ reducedMotion: 'reduce' })
  await mai.page.reload()
  await mai.until('after a reload nothing is told', () => document.querySelector('.grove .picture') && !document.querySelector('.grown, .news span'))
  await please('switch')
  await mai.until('an edge is new', () => document.querySelector('.grown'))
  check(await mai.page.evaluate(() => document.getAnimations().length) === 0, 'something moves')
  await mai.until('and then as others', () => !document.querySelector('.grown'))
  await mai.page.emulateMedia({ reducedMotion: 'no-preference' })
  passed('nothing moves for who wants no motion')
}

// A room with one tree needs no numbers.
async function only(mai) {
  const { id } = (await api('GET', '/state')).rooms.find((r) => r.title.startsWith('Sunday'))
  await mai.page.goto(`${address}/#/room/${id}`)
  await mai.until('one tree is drawn', () => document.querySelectorAll('.grove .picture').length === 1)
  check(await mai.page.locator('.number, .crownmark, .path').count() === 0, 'the only tree is numbered')
  check(await mai.page.locator('.floor .tree').count() === 1, 'the only tree has another place than two')
  await mai.whole('one-tree', sizes)
}
