// The ears: one WHEP connection with a slot for each speaker, each slot played by
// its own audio element. The browser's jitter buffer does the rest.

import { Link } from './link.js'
import { Meter, audioContext } from './context.js'

export const slots = 8

export class Listener {
  /** changed is told: connecting, on, blocked, lost, refused. */
  constructor(room, changed) {
    this.room = room
    this.changed = changed
    this.players = new Map() // slot → {element, meter}
    this.blocked = false
    this.link = new Link(room, 'whep', (pc) => this.prepare(pc), (word, error) => {
      this.changed(word === 'on' && this.blocked ? 'blocked' : word, error)
    })
  }

  prepare(pc) {
    this.silence()
    const sections = Array.from({ length: slots }, () => pc.addTransceiver('audio', { direction: 'recvonly' }))
    pc.addEventListener('track', ({ track, transceiver }) => this.play(sections.indexOf(transceiver), track))
  }

  play(slot, track) {
    const stream = new MediaStream([track])
    const element = new Audio()
    element.srcObject = stream
    this.players.set(slot, { element, meter: new Meter(stream) })
    this.start(element)
  }

  async start(element) {
    try {
      await element.play()
      if (audioContext().state === 'suspended') audioContext().resume()
    } catch (error) {
      if (error.name !== 'NotAllowedError') return // it was taken away meanwhile
      this.blocked = true
      this.changed('blocked')
    }
  }

  /** unblock is called from a click. */
  async unblock() {
    this.blocked = false
    await audioContext().resume()
    await Promise.all([...this.players.values()].map((p) => this.start(p.element)))
    if (!this.blocked) this.changed('on')
  }

  /** energy is how loud everything together is, or one slot. */
  energy(slot) {
    if (slot !== undefined) return this.players.get(slot)?.meter.energy() ?? 0
    let sum = 0
    for (const { meter } of this.players.values()) sum += meter.energy() ** 2
    return Math.sqrt(sum)
  }

  silence() {
    for (const { element, meter } of this.players.values()) {
      element.pause()
      element.srcObject = null
      meter.close()
    }
    this.players.clear()
  }

  close() {
    this.link.close()
    this.silence()
  }
}
