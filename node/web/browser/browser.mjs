// What both tests need of a browser: Chromium with a recorded file as its microphone,
// pages that report every complaint, screenshots, and waiting without guessing.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const quiet = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
]

/** launch starts a browser. voice is a WAV file to speak, 48 kHz mono; without one the
 * browser has a microphone that beeps; deny refuses it. */
export function launch({ voice, deny = false } = {}) {
  const args = [...quiet, '--use-fake-device-for-media-stream']
  if (voice) args.push(`--use-file-for-fake-audio-capture=${voice}`)
  if (!deny) args.push('--use-fake-ui-for-media-stream')
  args.push('--autoplay-policy=no-user-gesture-required')
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  return chromium.launch({ executablePath, headless: true, args, ignoreDefaultArgs: ['--mute-audio'] })
}

export const wide = { width: 1280, height: 860 }
export const narrow = { width: 390, height: 844 }

/** Visitor is one page of one browser. Whatever it complains about is a failure. */
export class Visitor {
  constructor(name, page, out) {
    Object.assign(this, { name, page, out, complaints: [], forgiven: [] })
    page.setDefaultTimeout(20000)
    page.on('pageerror', (e) => this.complain(e.stack ?? e.message))
    page.on('console', (m) => ['error', 'warning'].includes(m.type()) && this.complain(m.text()))
  }

  static async open(name, browser, url, out, options = {}) {
    const context = await browser.newContext({ viewport: wide, locale: 'en-GB', permissions: ['clipboard-read', 'clipboard-write'], ...options })
    const visitor = new Visitor(name, await context.newPage(), out)
    await visitor.page.goto(url)
    return visitor
  }

  complain(text) {
    if (!this.forgiven.some((part) => text.includes(part))) this.complaints.push(text)
  }

  /** shot keeps a picture at both widths, in both themes. */
  async shot(what, { themes = ['light', 'dark'], sizes = [wide, narrow] } = {}) {
    mkdirSync(this.out, { recursive: true })
    for (const size of sizes) {
      await this.page.setViewportSize(size)
      for (const colorScheme of themes) {
        await this.page.emulateMedia({ colorScheme })
        const spill = await this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        check(spill <= 0, `${this.name}, ${what}: ${spill} px too wide at ${size.width}`)
        await this.page.screenshot({ path: join(this.out, `${what}-${this.name}-${size.width}-${colorScheme}.png`), animations: 'disabled' })
      }
    }
    await this.page.setViewportSize(wide)
    await this.page.emulateMedia({ colorScheme: 'light' })
  }

  /** whole keeps pictures of all of the page, beyond the window too. */
  async whole(what, sizes = [wide, narrow]) {
    for (const size of sizes) {
      await this.page.setViewportSize(size)
      for (const colorScheme of ['light', 'dark']) {
        await this.page.emulateMedia({ colorScheme })
        const spill = await this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        check(spill <= 0, `${this.name}, ${what}: ${spill} px too wide at ${size.width}`)
        await this.page.screenshot({ path: join(this.out, `${what}-${this.name}-${size.width}-${colorScheme}.png`), fullPage: true, animations: 'disabled' })
      }
    }
    await this.page.setViewportSize(sizes[0])
    await this.page.emulateMedia({ colorScheme: 'light' })
  }

  /** until waits for a truth inside the page. */
  async until(what, condition, arg, timeout = 20000) {
    try {
      await this.page.waitForFunction(condition, arg, { timeout, polling: 50 })
    } catch {
      const seen = await this.page.evaluate(() => ({ status: window.banyan?.status(), room: window.banyan?.state()?.rooms.find((r) => r.id === window.banyan.status().room) })).catch(() => null)
      throw new Error(`${this.name}: ${what} did not come within ${timeout} ms; the page knew ${JSON.stringify(seen).slice(0, 3000)}`)
    }
    passed(`${this.name}: ${what}`)
  }

  /** silent waits for a silence that is longer than any pause in the voices. */
  async silent(what) {
    await this.page.evaluate(() => { window.lastLoud = Date.now() })
    await this.until(what, (pause) => {
      if (window.banyan.energy() > 0.003) window.lastLoud = Date.now()
      return Date.now() - window.lastLoud > pause
    }, 3000)
  }

  button(name, exact = true) {
    return this.page.getByRole('button', { name, exact })
  }

  /** listen samples energies for a while: [ms, own microphone, what is heard]. */
  listen(ms) {
    return this.page.evaluate((length) => new Promise((resolve) => {
      const samples = []
      const end = Date.now() + length
      const timer = setInterval(() => {
        samples.push([Date.now(), window.banyan.micEnergy(), window.banyan.energy()])
        if (Date.now() >= end) {
          clearInterval(timer)
          resolve(samples)
        }
      }, 20)
    }), ms)
  }
}

/** check fails the test with words. */
export function check(truth, words) {
  if (!truth) throw new Error(words)
}

/** passed tells what was seen, for the log of the test. */
export function passed(what) {
  console.log(`ok: ${what}`)
}

/** main runs a test, closes the browsers and says how it ended. */
export async function main(test) {
  const browsers = []
  const visitors = []
  try {
    await test({
      launch: async (options) => browsers[browsers.push(await launch(options)) - 1],
      visit: async (...args) => visitors[visitors.push(await Visitor.open(...args)) - 1],
    })
    for (const v of visitors) check(v.complaints.length === 0, `${v.name}'s console: ${v.complaints.join('\n')}`)
  } catch (error) {
    console.error(error.stack)
    for (const v of visitors) {
      for (const c of v.complaints) console.error(`${v.name}'s console: ${c}`)
      await v.page.screenshot({ path: join(v.out, `failed-${v.name}.png`) }).catch(() => {})
    }
    process.exitCode = 1
  }
  await Promise.all(browsers.map((b) => b.close().catch(() => {})))
  process.exit() // nothing that is left may keep a failed test alive
}
