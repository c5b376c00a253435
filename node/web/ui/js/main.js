// The page starts here: it opens the event stream, keeps the route, and draws.

import { App } from './app.js'
import { render } from './dom.js'
import { Events } from './events.js'
import { listenToKeys } from './keys.js'
import * as levels from './levels.js'
import { compare } from './live.js'
import { follow } from './parts/treenews.js'
import { mayModerate, relayOf, whoIs } from './people.js'
import * as sound from './sound/conductor.js'
import { roomOf, store, update, watch } from './store.js'
import { t } from './strings.js'
import { applyTheme } from './theme.js'
import { toast } from './toast.js'

// The room to go on hearing after a reload of the lobby.
const remembered = 'banyan.room'

applyTheme()
const root = document.getElementById('app')
watch(() => {
  render(root, App())
  document.title = title()
})

function title() {
  const room = roomOf(store.room)
  if (!room) return t('app.name')
  const waiting = (mayModerate(room) ? room.hands.length : 0) + (room.invited ? 1 : 0)
  return `${waiting > 0 ? `(${waiting}) ` : ''}${room.title} · ${t('app.name')}`
}

function route() {
  const [, view, room] = location.hash.split('/')
  if (view === 'room' && room) enter({ view: 'room', room })
  else update({ route: { view: 'home', room: null } })
  scrollTo(0, 0)
}

function enter(to) {
  update({ route: to, room: to.room, dialog: null, wide: false, unfolded: {}, pointed: null })
  follow(roomOf(to.room))
  sessionStorage.setItem(remembered, to.room)
  sound.follow()
}

function onState(state) {
  const before = roomOf(store.room)
  const first = store.state === null
  update({ state })
  const after = roomOf(store.room)
  if (!first) compare(before, after)
  follow(after)
  if (before && !after) left(before)
  if (after?.invited && !after.on_stage && !before?.invited && !store.dialog) {
    update({ dialog: { kind: 'consent', room: after.id } })
  }
  if (store.dialog?.kind === 'person' && after && !whoIs(after, store.dialog.peer) && !relayOf(after, store.dialog.peer)) update({ dialog: null })
  if (store.dialog?.kind === 'consent' && !after?.invited) update({ dialog: null })
  sound.follow()
}

// left is called when the node is no longer in the room that was heard.
function left(room) {
  if (!store.busy['leave '] && !room.closed) toast(t('room.gone'))
  update({ room: null, dialog: null })
  if (store.route.room === room.id) location.hash = '#/'
}

function onConnection(connection) {
  if (connection === store.connection) return
  if (connection === 'ok' && store.connection === 'lost') toast(t('connection.back'))
  update({ connection })
}

addEventListener('hashchange', route)
listenToKeys()
store.room = sessionStorage.getItem(remembered)
route()
new Events({
  state: onState,
  connection: onConnection,
  levels: (message) => message.room === store.room && levels.show(message),
}).start()

/** For tests, and for the curious with a console. */
window.banyan = {
  energy: sound.heardEnergy,
  micEnergy: sound.micEnergy,
  state: () => store.state,
  status: () => ({ connection: store.connection, hear: store.hear, mic: store.mic, room: store.room }),
}
