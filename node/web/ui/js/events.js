// The node's event stream: opens it, opens it again when it breaks, and says how
// things stand. A stream that is open but silent is dead as well: the node sends
// something at least every ten seconds, so the browser's own reconnecting and the
// check below together find out.

import * as api from './api.js'

const firstWait = 500 // ms
const longestWait = 8000

export class Events {
  /** on has state(State), levels(Levels) and connection(word). */
  constructor(on) {
    this.on = on
    this.wait = firstWait
    this.source = null
    this.timer = 0
  }

  start() {
    this.source?.close()
    clearTimeout(this.timer)
    const source = new EventSource('/api/v1/events')
    this.source = source
    source.addEventListener('state', (e) => {
      this.wait = firstWait
      this.on.connection('ok')
      this.on.state(JSON.parse(e.data))
    })
    source.addEventListener('levels', (e) => this.on.levels(JSON.parse(e.data)))
    source.addEventListener('error', () => this.lost(source))
  }

  // lost finds out whether the node is gone or does not know this browser any more.
  async lost(source) {
    if (source !== this.source) return
    source.close()
    this.source = null
    try {
      await api.state()
      this.on.connection('lost')
    } catch (error) {
      this.on.connection(error.status === 401 || error.status === 403 ? 'locked' : 'lost')
    }
    this.timer = setTimeout(() => this.start(), this.wait)
    this.wait = Math.min(this.wait * 2, longestWait)
  }
}
