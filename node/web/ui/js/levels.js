// How loud everyone is, straight to the rings: ten times a second is too often to
// draw the page anew, and CSS does the rest.

let levels = new Map() // peer ID → 0..1
let fading = 0

/** show takes in the levels of the room that is looked at. */
export function show(message) {
  levels = new Map(Object.entries(message.levels).map(([id, level]) => [id, ring(level)]))
  paint()
  clearTimeout(fading)
  fading = setTimeout(() => {
    levels.clear()
    paint()
  }, 450)
}

// ring maps -dBov to the size of a ring: from -62 (a whisper) to -12.
function ring(level) {
  return Math.max(0, Math.min(1, (62 - level) / 50))
}

function paint() {
  for (const el of document.querySelectorAll('[data-peer]')) {
    const level = levels.get(el.dataset.peer) ?? 0
    el.style.setProperty('--level', level.toFixed(2))
    el.classList.toggle('speaking', level > 0.12)
  }
}
