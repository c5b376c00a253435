// The page as a whole: the crown on top, a view below it, the bar at the bottom, and
// whatever window is open.

import { go } from './actions.js'
import { Round, avatar } from './avatar.js'
import { h } from './dom.js'
import { icon, logo } from './icons.js'
import { Live } from './live.js'
import { Bar } from './parts/bar.js'
import { Card } from './parts/card.js'
import { CloseRoom, Rename, Retitle, Sure } from './parts/ask.js'
import { Chain } from './parts/chain.js'
import { Consent } from './parts/consent.js'
import { Help } from './parts/help.js'
import { Invite } from './parts/invite.js'
import { Manage } from './parts/manage.js'
import { mayModerate, relayOf, whoIs } from './people.js'
import { roomOf, store, update } from './store.js'
import { t } from './strings.js'
import { ThemeButton } from './theme.js'
import { Toasts } from './toast.js'
import { Home } from './views/home.js'
import { Missing, RoomHead, RoomView } from './views/room.js'
import { Welcome } from './views/welcome.js'

/** App draws everything. */
export function App() {
  if (!store.state) return [Connection(), h('p', { key: 'loading', class: 'loading', role: 'status' }, logo(), t('app.loading'))]
  if (!store.state.self.name) return [Connection(), Welcome(), Toasts()]
  const shown = store.route.view === 'room' ? roomOf(store.route.room) : null
  const heard = roomOf(store.room)
  return [
    Round(),
    h('a', { key: 'skip', class: 'skip', href: '#content', onclick: skip }, t('app.skip')),
    Connection(),
    Crown(shown),
    View(shown),
    heard && !heard.closed && (shown ? Bar(heard) : Heard(heard)),
    Window(),
    Toasts(),
    Live(),
  ]
}

// The address after the # is the route; skipping must not change it.
function skip(e) {
  e.preventDefault()
  const content = document.getElementById('content')
  content.tabIndex = -1
  content.focus()
}

function View(shown) {
  if (store.route.view !== 'room') return Home()
  return shown ? RoomView(shown) : Missing()
}

function Crown(shown) {
  const { self } = store.state
  return h('header', { key: 'crown', class: shown ? 'crown' : 'crown short' },
    h('div', { class: 'top' },
      h('a', { class: 'brand', href: '#/', title: t('app.home') }, logo(), h('span', null, t('app.name'))),
      h('div', { class: 'tools' },
        h('button', { class: 'quiet me', title: t('app.rename'), onclick: () => update({ dialog: { kind: 'rename' } }) },
          avatar(self.id, self.name), h('span', { class: 'name' }, self.name), h('span', { class: 'unseen' }, t('app.rename'))),
        ThemeButton(),
        h('button', { class: 'quiet round', 'aria-label': t('app.help'), title: `${t('app.help')} (?)`,
          onclick: () => update({ dialog: { kind: 'help' } }) }, icon('help')))),
    shown && RoomHead(shown))
}

// Heard reminds of the room that goes on while the lobby is looked at.
function Heard(room) {
  return h('div', { key: 'heard', class: 'bar', role: 'region', 'aria-label': t('home.hearing') },
    h('div', { class: 'who' }, h('span', { class: 'lines' }, h('small', null, t('home.hearing')), h('strong', null, room.title))),
    h('div', { class: 'acts' }, h('button', { class: 'primary', onclick: () => go(room.id) }, t('home.return'))))
}

function Connection() {
  if (store.connection !== 'lost' && store.connection !== 'locked') return null
  return h('p', { key: 'connection', class: `banner ${store.connection}`, role: 'alert' }, t(`connection.${store.connection}`))
}

function Window() {
  const { dialog } = store
  if (!dialog) return null
  if (dialog.kind === 'help') return Help()
  if (dialog.kind === 'rename') return Rename()
  if (dialog.kind === 'link') return Chain()
  const room = roomOf(dialog.room)
  if (!room) return null
  switch (dialog.kind) {
    case 'invite': return Invite(room)
    case 'retitle': return Retitle(room)
    case 'close': return CloseRoom(room)
    case 'manage': return mayModerate(room) && !room.closed ? Manage(room) : null
    case 'sure': {
      const person = whoIs(room, dialog.peer)
      return person ? Sure(room, person, dialog.what) : null
    }
    case 'consent': return room.invited && !room.on_stage ? Consent(room) : null
    case 'person': {
      const person = whoIs(room, dialog.peer) ?? relayOf(room, dialog.peer)
      return person ? Card(room, person) : null
    }
  }
  return null
}
