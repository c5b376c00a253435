// The node's JSON API. Every refusal becomes an Error whose message is a sentence
// for people.

import { t } from './strings.js'

const base = '/api/v1'

/** Refused is an answer of the node that is not what was asked for. */
export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence)
    this.status = status
  }
}

async function ask(method, path, body, type = 'application/json') {
  let answer
  try {
    answer = await fetch(path.startsWith(base) ? path : base + path, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': type },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
    })
  } catch {
    throw new Refused(0, t('error.unreachable'))
  }
  if (!answer.ok) throw new Refused(answer.status, await sentence(answer))
  return answer
}

async function sentence(answer) {
  try {
    const { error } = await answer.json()
    if (error) return error
  } catch {
    // Not one of our answers: say what is known.
  }
  return t('error.status', { status: answer.status })
}

const json = async (answer) => (await answer).json()

export const state = () => json(ask('GET', '/state'))
export const setName = (name) => ask('PUT', '/self', { name })
export const createRoom = (room) => json(ask('POST', '/rooms', room))
export const joinLink = (link) => json(ask('POST', '/join', { link }))
export const joinRoom = (room) => json(ask('POST', '/join', { room }))
export const inspect = (link) => json(ask('POST', '/inspect', { link }))
export const invites = (room) => json(ask('GET', `/rooms/${room}/invites`))
export const revoke = (room, id) => ask('DELETE', `/rooms/${room}/invites/${id}`)
export const block = (peer, on) => ask(on ? 'PUT' : 'DELETE', `/blocked/${peer}`)
export const invite = (room, options) => json(ask('POST', `/rooms/${room}/invite`, options))

export const command = (room, what, peer, text) =>
  ask('POST', `/rooms/${room}/commands`, { do: what, ...(peer && { peer }), ...(text && { text }) })

/** offer hands an SDP offer over and returns the answer and where to end it. */
export async function offer(room, kind, sdp) {
  const answer = await ask('POST', `/rooms/${room}/${kind}`, sdp, 'application/sdp')
  return { sdp: await answer.text(), location: answer.headers.get('Location') }
}

/** hangUp ends what a location names, also while the page is being closed. */
export function hangUp(location) {
  return fetch(location, { method: 'DELETE', keepalive: true }).catch(() => {})
}
