// The relay that feeds a person is killed: the page shows the repair (repair_slow_test.go).
// Asks whoever started it, by a line on its output, to let others join and to kill it.
//
//   node repair.mjs LINK VOICE OUT

import { createInterface } from 'node:readline'
import { check, main, passed } from './browser.mjs'

const [link, voice, out] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

async function please(what) {
  console.log(`please: ${what}`)
  await lines.next()
}

await main(async ({ launch, visit }) => {
  const ann = await visit('ann', await launch({ voice }), link, out)
  const asked = ann.page.getByLabel('What shall people call you?')
  if (await asked.or(ann.page.getByLabel('Title')).first().waitFor().then(() => asked.isVisible())) {
    await asked.fill('Ann')
    await ann.button('Come in').click()
  }
  await ann.page.getByLabel('Title').fill('Roots that break')
  await ann.button('Open the room').click()
  await ann.button('Invite').click()
  await ann.until('an invite link is made', () => document.querySelector('input.link')?.value.startsWith('banyan:'))
  await please(`join ${await ann.page.locator('input.link').inputValue()}`)
  await ann.page.keyboard.press('Escape')
  await ann.button('Open microphone').click()

  await ann.until('there are two trees, and a relay feeds the host', () => {
    const { tree, network, people } = window.banyan.state().rooms[0]
    const relays = tree.nodes.filter((n) => n.relay).map((n) => n.id)
    return people.length === 3 && tree.roots.length === 2 && network.paths.every((p) => p.attached)
      && network.paths.some((p) => relays.includes(p.parent)) && document.querySelectorAll('.grove .picture').length === 2
  }, null, 60000)
  await ann.until('it is quiet', () => {
    window.quietSince = document.querySelector('.news span') ? Date.now() : window.quietSince ?? Date.now()
    return Date.now() - window.quietSince > 1000
  }, null, 60000)
  await ann.whole('before')

  const { tree, parent } = await ann.page.evaluate(() => {
    const { tree, network } = window.banyan.state().rooms[0]
    const relays = tree.nodes.filter((n) => n.relay).map((n) => n.id)
    const at = network.paths.findIndex((p) => relays.includes(p.parent))
    window.grew = 0
    window.told = []
    new MutationObserver(() => {
      window.grew += document.querySelectorAll('.grown').length
      const words = document.querySelector('.news').textContent
      if (words && words !== window.told.at(-1)) window.told.push(words)
    }).observe(document.querySelector('.tree'), { subtree: true, childList: true })
    return { tree: at, parent: network.paths[at].parent }
  })
  const died = Date.now()
  await please(`kill ${parent}`)
  await ann.until('somebody else feeds the host', ({ tree, parent }) => {
    const path = window.banyan.state().rooms[0].network.paths[tree]
    return !path || path.attached && path.parent !== parent
  }, { tree, parent })
  passed(`the path is mended ${Date.now() - died} ms after the relay was killed`)
  await ann.until('the page says what happened', () => window.told.some((words) => /^(Switched to the spare path|Moved below|Found a new place|You are now the root)/.test(words)))
  await ann.until('and the new edge grew', () => window.grew > 0)
  await ann.whole('mended')
  const told = await ann.page.evaluate(() => window.told)
  check(new Set(told).size === told.length, `something is told twice: ${told.join(' | ')}`)
  passed(`told: ${told.join(' | ')}`)
})
