// The page in a real browser, before a node of made-up people (fake_test.go). Asks
// whoever started it, by a line on its output, to restart that node.
//
//   node page.mjs ADDRESS TOKEN VOICE OUT

import { createInterface } from 'node:readline'
import { Visitor, check, main, passed } from './browser.mjs'

const [address, token, voice, out] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

async function api(method, path, body) {
  const answer = await fetch(`${address}/api/v1${path}`, {
    method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
  })
  check(answer.ok, `${method} ${path}: ${answer.status}`)
  return answer.status === 204 ? null : answer.json()
}

const link = async () => (await api('POST', '/links')).url

async function room(title) {
  return (await api('GET', '/state')).rooms.find((r) => r.title.startsWith(title)).id
}

await main(async ({ launch, visit }) => {
  const browser = await launch({ voice })
  await doors(browser, visit)
  const mai = await firstMinute(browser, visit)
  await pictures(mai)
  await running(mai)
  await keyboard(mai)
  await stage(mai)
  await twoWindows(mai)
  await restart(mai)
  await denied(await launch({ deny: true }), visit)
  await silent(browser, visit)
})

// Only who has a link that was not used gets in.
async function doors(browser, visit) {
  const stranger = await Visitor.open('stranger', browser, `${address}/`, out) // its refusals are errors in its console
  check(await stranger.page.getByRole('heading', { name: 'This door is locked' }).isVisible(), 'no locked door')
  await stranger.shot('locked', { sizes: [{ width: 390, height: 844 }] })
  const url = await link()
  const guest = await visit('guest', browser, url, out)
  await guest.page.waitForURL(`${address}/`)
  passed('a link opens the page, and leaves the address bar')
  await stranger.page.goto(url)
  check(await stranger.page.getByRole('heading', { name: 'used before' }).isVisible(), 'a link works twice')
  passed('a link works once')
  await guest.page.context().close()
  await stranger.page.context().close()
}

// From no name to a room, without a mouse.
async function firstMinute(browser, visit) {
  await api('PUT', '/self', { name: '' })
  const mai = await visit('mai', browser, await link(), out, { permissions: ['microphone', 'clipboard-read', 'clipboard-write'] })
  await mai.until('the page asks for a name', () => document.activeElement?.name === 'name')
  await mai.shot('welcome')
  await mai.page.keyboard.type('Mai Trần')
  await mai.page.keyboard.press('Enter')
  await mai.page.getByRole('heading', { name: 'Who is talking?' }).waitFor()
  await mai.shot('home')
  await mai.page.getByLabel('Title').fill('Made in the test')
  await mai.page.getByLabel('Title').press('Enter')
  await mai.until('the new room opens', () => location.hash.startsWith('#/room/'))
  await mai.until('the title names the room', () => document.title.includes('Made in the test'))
  await mai.button('Leave room').click()
  await mai.until('leaving leads home', () => location.hash === '#/')
  return mai
}

async function pictures(mai) {
  for (const [name, title] of [['host', 'What trees'], ['large', 'Sunday'], ['alone', 'Just me'], ['closed', 'Yesterday']]) {
    await mai.page.goto(`${address}/#/room/${await room(title)}`)
    await mai.page.getByRole('heading', { level: 1, name: title }).waitFor()
    await mai.shot(name)
  }
  await mai.page.goto(`${address}/#/room/${await room('What trees')}`)
  await mai.until('rings move with the voices', () => document.querySelector('.stage .face.speaking'))
  await mai.page.getByRole('button', { name: /^Amara Okafor/ }).first().click()
  await mai.button('Move to the audience').waitFor()
  await mai.shot('card', { themes: ['light'] })
  await mai.page.keyboard.press('Escape')
  await mai.button('Invite').click()
  await mai.until('an invite link is made', () => document.querySelector('input.link')?.value.startsWith('banyan:'))
  await mai.button('Copy link').click()
  await mai.button('Copied').waitFor()
  const copied = await mai.page.evaluate(() => navigator.clipboard.readText())
  check(copied === await mai.page.locator('input.link').inputValue(), `the clipboard holds ${copied}`)
  check(await mai.page.getByLabel('It works for').count() === 0, 'a link to an open room pretends to expire')
  await mai.shot('invite')
  await mai.page.keyboard.press('Escape')
  await mai.until('Escape closes a window', () => !document.querySelector('dialog'))
}

// What a host decides about people and about the room.
async function running(mai) {
  await mai.page.goto(`${address}/#/room/${await room('What trees')}`)
  const card = (name) => mai.page.getByRole('button', { name }).first().click()
  await card(/^Jonas Weber/)
  await mai.page.getByText('by you.').waitFor()
  await mai.shot('moderator', { themes: ['light'] })
  await mai.button('Remove from the room for good').click()
  await mai.page.getByRole('heading', { name: 'Remove Jonas Weber?' }).waitFor()
  await mai.shot('sure', { themes: ['light'] })
  await mai.button('Remove', true).click()
  await mai.button('Run the room').click()
  await mai.shot('manage')
  await mai.button('Let in again: Jonas Weber').click()
  await mai.until('who was removed may come back', () => !window.banyan.state().rooms[0].removed.some((p) => p.name === 'Jonas Weber'))
  const hands = mai.page.getByRole('switch', { name: /^No raised hands/ })
  await hands.click()
  await mai.until('hands are switched off', () => window.banyan.state().rooms[0].no_hands)
  await mai.page.getByRole('switch', { name: /^No raised hands/, checked: true }).waitFor()
  await hands.click()
  await mai.until('and on', () => !window.banyan.state().rooms[0].no_hands)
  await underWay(mai, hands)
  await mai.page.goto(`${address}/#/room/${await room('Kitchen')}`)
  await mai.page.keyboard.press('Escape')
  await mai.page.getByText('Jonas Weber hosts this room for you.').waitFor()
  await mai.page.goto(`${address}/#/`)
  mai.forgiven.push('400 (Bad Request)')
  await mai.page.getByLabel('Invite link').fill('banyan:nonsense')
  await mai.button('Join').click()
  await mai.page.getByText(/copy it whole/).waitFor()
  mai.forgiven.length = 0
}

// What is under way keeps the focus, is not begun twice, and lets Escape through.
async function underWay(mai, hands) {
  let asked = 0
  let answer
  const answered = new Promise((resolve) => { answer = resolve })
  await mai.page.route('**/commands', async (route) => {
    asked++
    await answered
    await route.continue()
  })
  await hands.and(mai.page.locator(':not([checked])')).waitFor() // as it is drawn, not as it was clicked
  await hands.focus()
  await mai.page.keyboard.press('Space')
  await mai.page.getByRole('switch', { name: /^No raised hands/, disabled: true }).waitFor()
  check(await hands.evaluate((el) => el === document.activeElement), 'a switch that is under way loses the focus')
  await mai.page.keyboard.press('Space')
  await mai.page.keyboard.press('Escape')
  await mai.until('Escape closes a window whose work is under way', () => !document.querySelector('dialog'))
  answer()
  await mai.until('and the work is done', () => window.banyan.state().rooms[0].no_hands)
  check(asked === 1, `it was asked for ${asked} times`)
  await mai.page.unroute('**/commands')
  await mai.button('Run the room').click()
  await hands.click()
  await mai.until('and undone', () => !window.banyan.state().rooms[0].no_hands)
  await mai.page.keyboard.press('Escape')
}

async function keyboard(mai) {
  await mai.page.keyboard.press('?')
  await mai.page.getByRole('heading', { name: 'Good to know' }).waitFor()
  await mai.shot('help', { themes: ['light'] })
  await mai.page.keyboard.press('Escape')
  await mai.page.goto(`${address}/#/room/${await room('Sunday')}`)
  await mai.button('Raise hand').waitFor()
  await mai.page.keyboard.press('h')
  await mai.button('Lower hand').waitFor()
  await mai.until('a raised hand is told to who does not see', () => /hand is up/.test(document.querySelector('[role=log]').textContent))
  await mai.page.keyboard.press('h')
  await mai.button('Raise hand').waitFor()
  await mai.page.keyboard.press('Tab')
  await mai.until('the focus is seen', () => getComputedStyle(document.activeElement).outlineStyle !== 'none')
}

// The made-up room gives back what one says: sound goes all the way round.
async function stage(mai) {
  const kitchen = await room('Kitchen')
  await mai.page.goto(`${address}/#/room/${kitchen}`)
  await mai.button('Answer invitation').click()
  await mai.page.getByRole('heading', { name: 'You are invited to the stage' }).waitFor()
  await mai.shot('consent')
  check(await mai.page.evaluate(() => window.banyan.status().mic) === 'off', 'the microphone is open before consent')
  await mai.button('Accept and open microphone').click()
  await mai.until('the microphone is open', () => window.banyan.status().mic === 'on')
  await mai.until('one’s own voice comes back', () => window.banyan.energy() > 0.01)
  await mai.shot('speaking')
  await mai.page.keyboard.press('m')
  await mai.button('Unmute').waitFor()
  await mai.silent('mute silences')
  await mai.page.keyboard.press('m')
  await mai.until('unmute does not', () => window.banyan.energy() > 0.01)
  await mai.page.reload()
  await mai.until('a reload in mid-sentence goes on speaking', () => window.banyan?.status().mic === 'on' && window.banyan.energy() > 0.01)
}

// The newest window has the sound; the microphone goes where it was opened last.
async function twoWindows(mai) {
  const other = await mai.page.context().newPage()
  await other.goto(mai.page.url())
  await mai.button('Listen here').waitFor()
  await other.getByRole('button', { name: 'Open microphone' }).click()
  await mai.until('a microphone opened elsewhere closes here', () => window.banyan.status().mic === 'off')
  await mai.button('Listen here').click()
  await mai.until('the sound comes back on a click', () => window.banyan.status().hear === 'on')
  await other.close()
  await mai.button('Open microphone').click()
  await mai.until('and so does the microphone', () => window.banyan.status().mic === 'on')
}

async function restart(mai) {
  mai.forgiven.push('Failed to load resource', 'net::ERR')
  console.log('please: stop')
  await lines.next()
  await mai.page.getByText('Your node does not answer. Trying again').waitFor()
  await mai.shot('lost', { themes: ['light'] })
  console.log('please: start')
  await lines.next()
  await mai.until('the page finds its node again', () => window.banyan.status().connection === 'ok')
  await mai.until('and hears again', () => window.banyan.status().hear === 'on')
  mai.forgiven.length = 0
}

async function denied(browser, visit) {
  const deaf = await visit('denied', browser, await link(), out)
  await deaf.page.goto(`${address}/#/room/${await room('Just me')}`)
  await deaf.button('Open microphone').click()
  await deaf.page.getByText('did not let this page use the microphone').first().waitFor()
  passed('a denied microphone is a sentence that says what to do')
  await deaf.shot('denied', { themes: ['light'] })
}

// Chromium counts what drives it as a click, so its own rule cannot be met here: the
// page meets one like it.
async function silent(browser, visit) {
  const shy = await visit('silent', browser, await link(), out)
  await shy.page.addInitScript(() => {
    const { play } = HTMLMediaElement.prototype
    let clicked = false
    addEventListener('pointerdown', () => { clicked = true }, true)
    HTMLMediaElement.prototype.play = function () {
      return clicked ? play.call(this) : Promise.reject(new DOMException('click first', 'NotAllowedError'))
    }
  })
  await shy.page.goto(`${address}/#/room/${await room('What trees')}`)
  await shy.page.reload()
  await shy.button('Click to hear the room').waitFor()
  await shy.shot('blocked', { themes: ['light'] })
  await shy.button('Click to hear the room').click()
  await shy.until('one click is enough to hear', () => window.banyan.status().hear === 'on')
}
