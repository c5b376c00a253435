// One peer connection with the node, made again with growing pauses whenever it
// breaks, until it is closed.

import * as api from '../api.js'

const firstWait = 500 // ms
const longestWait = 8000
const patience = 10000 // for a connection to come up
const grace = 3000 // for one that stutters to recover

export class Link {
  /** kind is whip or whep; prepare(pc) adds what is sent or received; changed(word,
   * error) is told of connecting, on, lost and refused. */
  constructor(room, kind, prepare, changed) {
    Object.assign(this, { room, kind, prepare, changed })
    this.wait = firstWait
    this.closed = false
    this.pc = null
    this.location = null
    this.id = null // of the newest session, also after it ended
    this.timer = 0
    this.leaving = () => this.location && api.hangUp(this.location)
    addEventListener('pagehide', this.leaving)
    this.connect()
  }

  async connect() {
    this.drop()
    this.changed('connecting')
    const pc = new RTCPeerConnection()
    this.pc = pc
    pc.addEventListener('connectionstatechange', () => this.heed(pc))
    this.timer = setTimeout(() => this.retry(pc), patience)
    try {
      this.prepare(pc)
      await pc.setLocalDescription()
      const { sdp, location } = await api.offer(this.room, this.kind, pc.localDescription.sdp)
      if (pc !== this.pc) {
        api.hangUp(location)
        return
      }
      this.location = location
      this.id = location.split('/').pop()
      await pc.setRemoteDescription({ type: 'answer', sdp })
    } catch (error) {
      // A refusal stands until something changes; everything else may pass.
      if (error.status >= 400 && error.status < 500 && error.status !== 429) this.refused(pc, error)
      else this.retry(pc)
    }
  }

  heed(pc) {
    if (pc !== this.pc) return
    const state = pc.connectionState
    if (state === 'connected') {
      clearTimeout(this.timer)
      this.wait = firstWait
      this.changed('on')
    } else if (state === 'disconnected') {
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.retry(pc), grace)
    } else if (state === 'failed' || state === 'closed') {
      this.retry(pc)
    }
  }

  refused(pc, error) {
    if (pc !== this.pc) return
    this.drop()
    this.changed('refused', error)
  }

  retry(pc) {
    if (this.closed || pc !== this.pc) return
    this.drop()
    this.changed('lost')
    this.timer = setTimeout(() => this.connect(), this.wait * (0.75 + Math.random() / 2))
    this.wait = Math.min(this.wait * 2, longestWait)
  }

  // drop gives up the connection that there is.
  drop() {
    clearTimeout(this.timer)
    if (this.location) api.hangUp(this.location)
    this.location = null
    const pc = this.pc
    this.pc = null
    pc?.close()
  }

  close() {
    this.closed = true
    removeEventListener('pagehide', this.leaving)
    this.drop()
  }
}
