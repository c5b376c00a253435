// The microphone: opened only after a click, closed for good when the stage is left.

import { Link } from './link.js'
import { Meter } from './context.js'

const wanted = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
}

/** openMicrophone asks the browser; what it throws has a `key` of a sentence. */
export async function openMicrophone() {
  if (!navigator.mediaDevices?.getUserMedia) throw failure('mic.insecure')
  try {
    return await navigator.mediaDevices.getUserMedia(wanted)
  } catch (error) {
    if (error.name === 'NotAllowedError') throw failure('mic.denied')
    if (error.name === 'NotFoundError' || error.name === 'OverconstrainedError') throw failure('mic.none')
    throw failure('mic.inuse')
  }
}

function failure(key) {
  return Object.assign(new Error(key), { key })
}

export class Microphone {
  /** changed is told: connecting, on, lost, refused; unplugged is called when the
   * device goes away. */
  constructor(room, stream, changed, unplugged) {
    this.room = room
    this.stream = stream
    this.told = new Set() // the sessions that the node has told of, perhaps before the link knew its own
    this.track = stream.getAudioTracks()[0]
    this.track.contentHint = 'speech'
    this.track.addEventListener('ended', unplugged)
    this.meter = new Meter(stream)
    this.link = new Link(room, 'whip', (pc) => this.prepare(pc), changed)
  }

  prepare(pc) {
    const section = pc.addTransceiver(this.track, { direction: 'sendonly', streams: [this.stream] })
    const opus = RTCRtpSender.getCapabilities('audio').codecs.filter((c) => c.mimeType.toLowerCase() === 'audio/opus')
    section.setCodecPreferences?.(opus)
  }

  /** replaced is told which session the node has now; it says whether this one was
   * the node's before and another has taken its place. */
  replaced(current) {
    if (current) this.told.add(current)
    return Boolean(current && current !== this.link.id && this.told.has(this.link.id))
  }

  set muted(muted) {
    this.track.enabled = !muted
  }

  energy() {
    return this.track.enabled ? this.meter.energy() : 0
  }

  close() {
    this.link.close()
    this.meter.close()
    this.track.stop()
  }
}
