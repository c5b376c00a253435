// Which room is heard and where the microphone is open: it follows the state that
// the node tells, so that what the page does and what the room says never differ
// for long.

import { store, update, roomOf } from '../store.js'
import { t } from '../strings.js'
import { toast } from '../toast.js'
import { Listener } from './listen.js'
import { Microphone, openMicrophone } from './speak.js'

const tabs = new BroadcastChannel('banyan.hear')

let listener = null
let microphone = null
let elsewhere = null // the room that another tab of this browser plays
let arrived = false // whether the room has said that the microphone's owner is on stage

// The room whose microphone was open, for a reload in mid-sentence.
const remembered = 'banyan.mic'

/** follow is called after each change of the state or of the room that is heard. */
export function follow() {
  const room = roomOf(store.room)
  hear(room && !room.closed ? room.id : null)
  speak(room)
}

function hear(room) {
  if (!room) elsewhere = null
  if (room === elsewhere || (listener && listener.room === room)) return
  elsewhere = null
  stopHearing(room ? 'connecting' : 'off')
  if (!room) return
  tabs.postMessage(room)
  listener = new Listener(room, (word, error) => {
    update({ hear: word === 'refused' ? 'lost' : word })
    if (word === 'refused') toast(error.message, 'error')
  })
}

function stopHearing(word) {
  listener?.close()
  listener = null
  if (store.hear !== word) update({ hear: word })
}

// Two tabs that play the same room are an echo: the newest plays.
tabs.addEventListener('message', ({ data }) => {
  if (listener?.room !== data) return
  elsewhere = data
  stopHearing('elsewhere')
})

/** hearHere takes the sound back from another tab. */
export function hearHere() {
  elsewhere = null
  follow()
}

function speak(room) {
  if (microphone) {
    // A state from before the stage was taken says nothing about leaving it.
    if (room?.on_stage) arrived = true
    if (microphone.room !== room?.id || (arrived && !room.on_stage) || room.closed) closeMicrophone()
    else if (microphone.replaced(room.mic)) {
      closeMicrophone()
      toast(t('mic.elsewhere'))
    } else microphone.muted = room.muted
  } else if (room?.on_stage && store.mic === 'off' && sessionStorage.getItem(remembered) === room.id) {
    sessionStorage.removeItem(remembered)
    resume(room.id)
  }
}

// resume opens the microphone again after a reload, if that asks nobody anything.
async function resume(room) {
  try {
    const { state } = await navigator.permissions.query({ name: 'microphone' })
    if (state === 'granted') await openIn(room)
  } catch {
    // The browser does not tell; the button is there.
  }
}

/** openIn opens the microphone in a room. It throws what it has shown already. */
export async function openIn(room) {
  const stream = await askMicrophone()
  useMicrophone(room, stream)
}

/** askMicrophone gets the browser's leave, and says in words when it does not. */
export async function askMicrophone() {
  update({ mic: 'asking', micWords: '' })
  try {
    return await openMicrophone()
  } catch (error) {
    const words = t(error.key ?? 'mic.inuse')
    update({ mic: 'denied', micWords: words })
    toast(words, 'error')
    throw error
  }
}

/** useMicrophone sends a stream to a room; the stream is the microphone's now. */
export function useMicrophone(room, stream) {
  microphone?.close()
  arrived = false
  microphone = new Microphone(room, stream, micChanged, () => unplugged(room))
  microphone.muted = roomOf(room)?.muted ?? false
  sessionStorage.setItem(remembered, room)
}

function micChanged(word, error) {
  if (word === 'refused') {
    toast(error.message, 'error')
    closeMicrophone()
    return
  }
  update({ mic: word, micWords: word === 'lost' ? t('mic.lost') : '' })
}

async function unplugged(room) {
  toast(t('mic.unplugged'), 'error')
  closeMicrophone()
  await openIn(room).catch(() => {})
}

/** closeMicrophone ends it; the browser's recording sign goes out. */
export function closeMicrophone() {
  microphone?.close()
  microphone = null
  sessionStorage.removeItem(remembered)
  update({ mic: 'off', micWords: '' })
}

/** muteNow silences the track before the room has heard of it. */
export function muteNow(muted) {
  if (microphone) microphone.muted = muted
}

/** unblock lets the room be heard; it must be called from a click. */
export function unblock() {
  return listener?.unblock()
}

/** micEnergy and heardEnergy are for the meter and for tests. */
export const micEnergy = () => microphone?.energy() ?? 0
export const heardEnergy = (slot) => listener?.energy(slot) ?? 0
