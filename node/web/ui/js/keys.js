// Shortcuts. None works while something is being typed or with a modifier held.

import { toggleHand, toggleMute } from './actions.js'
import { store, roomOf, update } from './store.js'

/** listenToKeys starts it. */
export function listenToKeys() {
  addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.repeat || typing(e.target)) return
    if (e.key === '?') {
      update({ dialog: store.dialog?.kind === 'help' ? null : { kind: 'help' } })
      e.preventDefault()
      return
    }
    const room = roomOf(store.room)
    if (!room || room.closed || store.dialog) return
    if (e.code === 'KeyM' && room.on_stage) toggleMute(room)
    else if (e.code === 'KeyH' && !room.on_stage) toggleHand(room)
    else return
    e.preventDefault()
  })
}

function typing(el) {
  return el.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(el.tagName)
}
