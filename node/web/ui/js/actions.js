// What a person can do, each with its words when it fails.

import * as api from './api.js'
import * as sound from './sound/conductor.js'
import { during, roomOf, store, update, when } from './store.js'
import { toast } from './toast.js'

/** trying runs something, unless it is under way, and shows why it failed; it tells
 * whether it went well. */
export async function trying(name, work) {
  if (store.busy[name]) return false
  try {
    await during(name, work)
    return true
  } catch (error) {
    if (!error.key) toast(error.message, 'error')
    return false
  }
}

/** go shows the lobby, or a room. */
export function go(room) {
  location.hash = room ? `#/room/${room}` : '#/'
}

export const setName = (name) => trying('name', () => api.setName(name))

export const makeRoom = (room) => trying('make', () => enter(api.createRoom(room)))

export const joinLink = (link) => trying('join', () => enter(api.joinLink(link)))

/** openLink joins an open room at once; of any other it first says what the link holds. */
export const openLink = (link) => trying('join', async () => {
  const inside = await api.inspect(link)
  if (inside.invites.length > 0) update({ dialog: { kind: 'link', link, inside } })
  else await enter(api.joinLink(link))
})

export const setBlocked = (peer, on) => trying(`block ${peer}`, () => api.block(peer, on))

export const joinRoom = (room) => trying(`join ${room}`, () => enter(api.joinRoom(room)))

// enter shows a room once the state has it: it comes by another way than the answer.
async function enter(answer) {
  const { id } = await answer
  await when(() => roomOf(id))
  go(id)
}

export const command = (room, what, peer, text) =>
  trying(`${what} ${peer ?? ''}`, () => api.command(room, what, peer, text))

export async function leave(room) {
  if (!(await command(room, 'leave'))) return
  if (store.room === room) update({ room: null })
  if (store.route.room === room) go(null)
}

/** toggleHand raises or lowers one's own hand. */
export function toggleHand(room) {
  const me = room.people.find((p) => p.self)
  return command(room.id, me?.hand ? 'lower-hand' : 'raise-hand')
}

/** toggleMute mutes, unmutes, or opens the microphone if it is not open. */
export async function toggleMute(room) {
  if (!room.on_stage) return
  if (store.mic !== 'on' && store.mic !== 'connecting' && store.mic !== 'lost') {
    await openMicrophone(room)
    return
  }
  if (store.busy['mute '] || store.busy['unmute ']) return // its word is on the way
  const muted = !room.muted
  if (muted) sound.muteNow(true)
  if (!(await command(room.id, muted ? 'mute' : 'unmute'))) sound.muteNow(room.muted)
}

/** openMicrophone opens it, and unmutes: who opens it wants to be heard. */
export async function openMicrophone(room) {
  const opened = await trying('mic', () => sound.openIn(room.id))
  if (opened && roomOf(room.id)?.muted) await command(room.id, 'unmute')
}

/** accept asks the browser first, so that nobody is on stage without a voice. */
export function accept(room) {
  return trying('accept', async () => {
    const stream = await sound.askMicrophone()
    try {
      await api.command(room.id, 'accept')
    } catch (error) {
      for (const track of stream.getTracks()) track.stop()
      update({ mic: 'off' })
      throw error
    }
    sound.useMicrophone(room.id, stream)
  })
}

/** stepDown closes the microphone before anything else. */
export function stepDown(room) {
  sound.closeMicrophone()
  return command(room.id, 'move-down')
}

/** copy puts text on the clipboard, and tells whether that worked. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
