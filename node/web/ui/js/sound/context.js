// The one audio context of the page, and how loud something is.

let context = null

/** audioContext returns the context; it may be suspended until the first click. */
export function audioContext() {
  context ??= new AudioContext({ latencyHint: 'interactive' })
  return context
}

/** Meter measures a stream without playing it. */
export class Meter {
  constructor(stream) {
    this.source = audioContext().createMediaStreamSource(stream)
    this.analyser = audioContext().createAnalyser()
    this.analyser.fftSize = 1024
    this.samples = new Float32Array(this.analyser.fftSize)
    this.source.connect(this.analyser)
  }

  /** energy is the root mean square of the last 21 ms: 0 silence, 1 the most. */
  energy() {
    this.analyser.getFloatTimeDomainData(this.samples)
    let sum = 0
    for (const s of this.samples) sum += s * s
    return Math.sqrt(sum / this.samples.length)
  }

  close() {
    this.source.disconnect()
  }
}

/** loudness maps an energy to 0..1 as ears do: -60 dB is nothing, -10 dB is full. */
export function loudness(energy) {
  if (energy <= 0) return 0
  return Math.max(0, Math.min(1, (20 * Math.log10(energy) + 60) / 50))
}
