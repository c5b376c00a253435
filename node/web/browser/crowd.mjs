// Rooms of every size with names that are hard to set (crowd_test.go): nothing may
// reach beyond the window, nor the tree beyond its box.
//
//   node crowd.mjs ADDRESS TOKEN OUT

import { check, main, narrow, passed, wide } from './browser.mjs'

const [address, token, out] = process.argv.slice(2)

async function api(method, path) {
  const answer = await fetch(`${address}/api/v1${path}`, { method, headers: { Authorization: `Bearer ${token}` } })
  check(answer.ok, `${method} ${path}: ${answer.status}`)
  return answer.json()
}

await main(async ({ launch, visit }) => {
  const mai = await visit('crowd', await launch(), (await api('POST', '/links')).url, out)
  await mai.page.getByRole('heading', { name: 'Who is talking?' }).waitFor()
  await look(mai, 'lobby')
  for (const { id, title, people, tree } of (await api('GET', '/state')).rooms) {
    const name = title.toLowerCase().replaceAll(' ', '-')
    await mai.page.goto(`${address}/#/room/${id}`)
    await mai.page.getByRole('heading', { level: 1, name: title }).waitFor()
    await look(mai, name)
    if (people.length === 1) continue
    await everyone(mai, title, tree)
    await pointed(mai, title)
  }
  await windows(mai)
})

// look checks both sizes of window and keeps pictures of the whole page.
async function look(mai, name) {
  for (const size of [wide, narrow]) {
    await mai.page.setViewportSize(size)
    await mai.until(`${name} settles at ${size.width}`, settled)
    await within(mai, `${name} at ${size.width}`)
    await mai.page.screenshot({ path: `${out}/crowd-${name}-${size.width}.png`, fullPage: true, animations: 'disabled' })
  }
}

// settled waits for the tree: what it looks like depends on a width that is measured.
function settled() {
  const tree = document.querySelector('.tree')
  return !tree || tree.querySelector('.picture, .branches') || window.banyan.state().rooms.find((r) => location.hash.endsWith(r.id)).people.length === 1
}

// within checks that all stays in its box, once the page has drawn itself anew for its width.
async function within(mai, where) {
  let found = await mai.page.evaluate(beyondBoxes)
  for (const late = Date.now() + 3000; found.length > 0 && Date.now() < late;) {
    await mai.page.evaluate(() => new Promise(requestAnimationFrame))
    found = await mai.page.evaluate(beyondBoxes)
  }
  check(found.length === 0, `${where}:\n${found.slice(0, 8).join('\n')}`)
  passed(`${where}: nothing reaches beyond its box`)
}

function beyondBoxes() {
  const beyond = []
  const page = document.scrollingElement
  if (page.scrollWidth > innerWidth) beyond.push(`the page is ${page.scrollWidth} px wide`)
  for (const card of document.querySelectorAll('.card, .stage, .audience, .entry, .window, .bar')) {
    const box = card.getBoundingClientRect()
    if (box.left < 0 || box.right > innerWidth + 0.5) beyond.push(`${card.className} reaches from ${box.left} to ${box.right}`)
    for (const el of card.querySelectorAll('button, .name, .picture, .picture text, .node, li, h2, h3, p, input, select')) {
      if (el.closest('.unseen')) continue
      const { left, right } = el.getBoundingClientRect()
      if (left >= box.left - 0.5 && right <= box.right + 0.5) continue
      const what = `${card.className}: ${el.tagName} “${el.textContent.slice(0, 30)}”`
      beyond.push(`${what} reaches from ${left} to ${right}, the box from ${box.left} to ${box.right}`)
    }
  }
  for (const el of document.querySelectorAll('.bar button')) {
    if (el.offsetHeight > 60) beyond.push(`the bar: “${el.textContent}” is squeezed to ${el.offsetWidth} by ${el.offsetHeight}`)
  }
  return beyond
}

// everyone checks that each node is in each tree, by name or by number.
async function everyone(mai, title, tree) {
  const told = await mai.page.evaluate(() => {
    const number = (el) => Number(el.textContent.replace(/\D/g, ''))
    const sum = (query) => [...document.querySelectorAll(query)].reduce((n, el) => n + number(el), 0)
    return document.querySelectorAll('.tree .node').length + sum('.twigs > li.soft') + sum('.twigs .count')
  })
  const nodes = tree.nodes.length * tree.roots.length
  check(told === nodes, `${title}: the trees tell of ${told} nodes of ${nodes}`)
  const all = mai.page.locator('.tree').getByRole('button', { name: /^Show all/ })
  if (await all.count() === 0) return
  const folded = await all.count()
  for (let n = 1; n <= folded; n++) {
    await all.first().click()
    await mai.until(`${title}: a tree unfolds`, (open) => document.querySelectorAll('.tree [aria-expanded=true]').length === open, n)
  }
  await mai.until(`${title}: all of the tree shows`, (n) => document.querySelectorAll('.tree .node').length === n, nodes)
  await within(mai, `${title}, unfolded`)
  for (let n = folded - 1; n >= 0; n--) {
    await mai.button('Show fewer').first().click()
    await mai.until(`${title}: and folds again`, (open) => document.querySelectorAll('.tree [aria-expanded=true]').length === open, n)
  }
}

// pointed checks that a name that is cut is told whole to who points at it, tabs to it
// or chooses it.
async function pointed(mai, title) {
  const cut = mai.page.locator('.tree').getByRole('button', { name: /^Maximiliane Charlotte/ }).first()
  await mai.page.mouse.move(0, 0) // or scrolling would point at somebody else
  await cut.focus()
  await mai.until(`${title}: the whole name shows`, () => document.querySelector('.legend.whole')?.textContent.includes('zu Sternau'))
  await cut.press('Enter')
  await mai.page.getByRole('heading', { level: 2, name: /zu Sternau/ }).waitFor()
  await within(mai, `${title}: a relay’s card`)
  await mai.page.keyboard.press('Escape')
  await mai.until('the focus is back', () => document.activeElement.closest('.tree'))
}

// windows opens what may stand over the page.
async function windows(mai) {
  await mai.button('Invite').click()
  await mai.until('an invite link is made', () => document.querySelector('input.link')?.value.startsWith('banyan:'))
  await within(mai, 'the invite')
  await mai.page.keyboard.press('Escape')
  await mai.button('Run the room').click()
  await mai.page.getByText('Removed people').waitFor()
  await within(mai, 'running the room')
  await mai.page.keyboard.press('Escape')
  for (const name of [/^W{60}/, /^עבדאללה/]) {
    await mai.page.locator('.stage, .audience').getByRole('button', { name }).first().click()
    await mai.page.getByText('Peer ID').waitFor()
    await within(mai, 'a card')
    await mai.page.screenshot({ path: `${out}/crowd-card-390.png`, animations: 'disabled' })
    await mai.page.keyboard.press('Escape')
  }
}
