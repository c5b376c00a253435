// Two people, two nodes, two browsers, one relay: a room from its making to its end.
//
//   node room.mjs LINK-A VOICE-A LINK-B VOICE-B OUT

import { check, main, passed } from './browser.mjs'

const [linkA, voiceA, linkB, voiceB, out] = process.argv.slice(2)

await main(async ({ launch, visit }) => {
  const ann = await visit('ann', await launch({ voice: voiceA }), linkA, out)
  const bob = await visit('bob', await launch({ voice: voiceB }), linkB, out)
  await named(ann, 'Ann')
  await named(bob, 'Bob')

  await ann.page.getByLabel('Title').fill('Two pages and a relay')
  await ann.page.getByRole('radio', { name: 'Invited people' }).check()
  await ann.button('Open the room').click()
  await ann.page.getByRole('heading', { level: 1, name: 'Two pages and a relay' }).waitFor()
  await ann.button('Invite').click()
  await ann.page.getByText('None yet.').waitFor()
  await ann.page.getByLabel('They may bring').selectOption('Two more')
  await ann.button('Make a link').click()
  await ann.until('an invite link is made', () => document.querySelector('input.link')?.value.startsWith('banyan:'))
  const invite = await ann.page.locator('input.link').inputValue()
  await ann.button('Make a link').click()
  await ann.until('and another one', (old) => {
    const link = document.querySelector('input.link')?.value ?? ''
    return link.startsWith('banyan:') && link !== old && document.querySelectorAll('.issued li').length === 2
  }, invite)
  await ann.shot('invite')
  await ann.button('Take back the invite for Whoever has the link').first().click()
  await ann.page.getByText('taken back').waitFor()
  await ann.page.keyboard.press('Escape')
  await ann.button('Open microphone').click()
  await ann.until('the host’s microphone is open', () => window.banyan.status().mic === 'on')

  await bob.page.getByLabel('Invite link').fill(invite)
  await bob.button('Join').click()
  await bob.page.getByText('the first who uses this link may come in and listen').waitFor()
  check(await bob.page.getByText('may bring 2 more').isVisible(), 'the link does not tell its quota')
  await bob.shot('chain')
  await bob.button('Come in').click()
  await bob.page.getByRole('heading', { level: 1, name: 'Two pages and a relay' }).waitFor({ timeout: 45000 })
  await bob.until('the guest hears the host', () => window.banyan.energy() > 0.01, null, 30000)
  await bob.shot('audience')
  await bob.button('Invite').click()
  await bob.page.getByText('You may invite 2 more people').waitFor()
  check(await bob.page.getByLabel('It lets in').getByText('Any number').count() === 0, 'who has a quota may invite any number')
  await bob.button('Make a link').click()
  await bob.page.getByText('You may invite one more person').waitFor()
  await bob.page.keyboard.press('Escape')

  await ann.button('Run the room').click()
  const hands = ann.page.getByRole('switch', { name: /^No raised hands/ })
  await hands.click()
  await bob.button('No raised hands now').waitFor()
  await hands.click()
  await ann.page.keyboard.press('Escape')
  await bob.button('Raise hand').waitFor()
  await bob.page.keyboard.press('h')
  await ann.button('Invite up Bob').waitFor()
  await ann.until('the host’s title tells of the hand', () => document.title.startsWith('(1)'))
  await ann.shot('hand')
  await ann.button('Invite up Bob').click()
  await bob.page.getByRole('heading', { name: 'You are invited to the stage' }).waitFor()
  await bob.shot('invited', { themes: ['light'] })
  await bob.button('Accept and open microphone').click()
  await bob.until('the guest’s microphone is open', () => window.banyan.status().mic === 'on')
  await ann.until('the host hears the guest', () => window.banyan.energy() > 0.01)
  await ann.page.keyboard.press('m')
  await ann.until('the host is muted', () => window.banyan.state().rooms[0].muted)
  await follows(bob, ann)
  await ann.page.keyboard.press('m')
  await ann.until('the host is not', () => !window.banyan.state().rooms[0].muted)
  await bob.page.keyboard.press('m')
  await bob.until('the guest is muted', () => window.banyan.state().rooms[0].muted)
  await follows(ann, bob)
  await bob.page.keyboard.press('m')
  await bob.until('the guest is not', () => !window.banyan.state().rooms[0].muted)
  await ann.until('the tree shows the relay', () => window.banyan.state().rooms[0].tree.nodes.some((n) => n.relay), null, 30000)
  await ann.shot('stage')
  await bob.shot('stage')

  await bob.page.keyboard.press('m')
  await ann.silent('mute silences')
  await ann.until('and shows', () => window.banyan.state().rooms[0].people.some((p) => p.name === 'Bob' && p.muted))
  await bob.page.keyboard.press('m')
  await ann.until('unmute does not', () => window.banyan.energy() > 0.01)

  await moderation(ann, bob)
  await bob.button('Leave room').click()
  await ann.until('leaving is seen', () => window.banyan.state().rooms[0].people.length === 1)
  await ann.silent('and ends the sound')
  await ann.until('and frees the slot', () => Object.keys(window.banyan.state().rooms[0].slots).length === 0)
  await ann.shot('left', { themes: ['light'], sizes: [{ width: 1280, height: 860 }] })
})

// What a host can do to a guest, as both see it.
async function moderation(ann, bob) {
  const act = async (label) => {
    await ann.page.getByRole('button', { name: /^Bob/ }).first().click()
    await ann.button(label).click()
  }
  await act('Lock their microphone')
  await bob.page.getByText('A moderator locked your microphone').waitFor()
  await ann.silent('a locked microphone is silent')
  await bob.shot('lockedmic', { themes: ['light'] })
  await act('Let them be heard again')
  await ann.until('and is heard again', () => window.banyan.energy() > 0.01)
  await act('Do not hear them')
  await ann.silent('whom one does not hear is silent')
  await act('Hear them again')
  await ann.until('and is heard again', () => window.banyan.energy() > 0.01)
  await act('Make moderator')
  await bob.button('Run the room').click()
  await bob.page.getByRole('switch', { name: /^Lock the stage/ }).click()
  await ann.page.getByText('The stage is locked').first().waitFor()
  await bob.shot('manage')
  await bob.page.getByRole('switch', { name: /^Lock the stage/ }).click()
  await bob.page.keyboard.press('Escape')
  await ann.until('the stage is open again', () => !window.banyan.state().rooms[0].locked)
  await ann.page.getByRole('button', { name: /^Bob/ }).first().click()
  await ann.page.getByText(/^Since .* by you\.$/).waitFor()
  await ann.shot('moderator')
  await ann.button('Hand the room over').click()
  await ann.shot('handover', { themes: ['light'] })
  await ann.button('Hand it over').click()
  await bob.until('the guest is the host', () => window.banyan.state().rooms[0].role === 'host')
  await bob.page.getByRole('button', { name: /^Ann/ }).first().click()
  await bob.button('Hand the room over').click()
  await bob.button('Hand it over').click()
  await ann.until('and the host is the host again', () => window.banyan.state().rooms[0].role === 'host')
  await bob.until('and the guest a moderator', () => window.banyan.state().rooms[0].role === 'moderator')
}

async function named(visitor, name) {
  const asked = visitor.page.getByLabel('What shall people call you?')
  const lobby = visitor.page.getByRole('heading', { name: 'Who is talking?' })
  await asked.or(lobby).first().waitFor()
  if (await lobby.isVisible()) {
    await visitor.page.getByRole('button', { name: 'Change your name' }).click()
    await visitor.page.getByLabel('What shall people call you?').fill(name)
    await visitor.button('Save').click()
  } else {
    await asked.fill(name)
    await visitor.button('Come in').click()
  }
  await visitor.until(`is called ${name}`, (n) => window.banyan.state().self.name === n, name)
}

// follows compares what one page says with what the other hears: the energies, on a
// common clock, must go up and down together at some delay. A browser that is short of
// processor time lets its jitter buffer grow to seconds, and stretches sound as it grows
// and shrinks; so delays of up to four seconds count, and a second and a third look.
async function follows(speaker, hearer) {
  let best
  for (let look = 0; look < 3; look++) {
    best = await compare(speaker, hearer)
    if (best.r > 0.55) {
      passed(`${hearer.name} hears what ${speaker.name} says: correlation ${best.r.toFixed(2)} at ${best.lag} ms`)
      return
    }
  }
  check(false, `${hearer.name} hears something else than ${speaker.name} says: correlation ${best.r.toFixed(2)} at ${best.lag} ms`)
}

// compare finds the delay at which what is heard is most like what is said.
async function compare(speaker, hearer) {
  const latest = 4000
  const [said, heard] = await Promise.all([speaker.listen(9000), hearer.listen(9000 + latest)])
  const start = Math.max(said[0][0], heard[0][0])
  const a = grid(said.map(([at, mic]) => [at, mic]), start)
  const b = grid(heard.map(([at, , all]) => [at, all]), start)
  let best = { lag: 0, r: -1 }
  for (let lag = 0; lag <= latest / 20; lag++) {
    const r = correlation(a, b.slice(lag))
    if (r > best.r) best = { lag: lag * 20, r }
  }
  return best
}

// grid resamples to steps of 20 ms from start, smoothed over 220 ms: what counts is
// when somebody speaks, and jitter buffers stretch time.
function grid(samples, start) {
  const values = []
  let i = 0
  for (let at = start; at <= samples[samples.length - 1][0]; at += 20) {
    while (i + 1 < samples.length && samples[i + 1][0] <= at) i++
    values.push(samples[i][1])
  }
  return values.map((_, k) => mean(values.slice(Math.max(0, k - 5), k + 6)))
}

function mean(v) {
  return v.reduce((a, b) => a + b, 0) / v.length
}

function correlation(a, b) {
  const n = Math.min(a.length, b.length)
  const [ma, mb] = [mean(a.slice(0, n)), mean(b.slice(0, n))]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    ab += (a[i] - ma) * (b[i] - mb)
    aa += (a[i] - ma) ** 2
    bb += (b[i] - mb) ** 2
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0
}
