// The lobby: rooms that are open to all, rooms that one is in, and the two ways into
// any other.

import { go, joinRoom, makeRoom, openLink } from '../actions.js'
import { avatar } from '../avatar.js'
import { h } from '../dom.js'
import { icon } from '../icons.js'
import { submitted } from '../parts/dialog.js'
import { nameOf } from '../people.js'
import { store } from '../store.js'
import { count, t } from '../strings.js'

// In their own words; any other language still has its code.
const languages = ['en', 'vi', 'zh', 'de', 'es', 'fr', 'hi', 'id', 'it', 'ja', 'ko', 'pl', 'pt', 'ru', 'th', 'tr', 'uk', 'ar']

/** Home draws it. */
export function Home() {
  const { rooms, lobby, known } = store.state
  const inside = new Set(rooms.map((r) => r.id))
  const others = lobby.filter((c) => !inside.has(c.room) && !known.some((k) => k.room === c.room))
  return h('main', { key: 'home', id: 'content', class: 'home' },
    h('div', { class: 'intro' }, h('h1', null, t('home.title')), h('p', { class: 'lead' }, t('home.lead'))),
    h('div', { class: 'columns' },
      h('div', { class: 'rooms' },
        rooms.length > 0 && h('section', { key: 'mine', 'aria-labelledby': 'mine-title' },
          h('h2', { id: 'mine-title' }, t('home.mine')), h('ul', { class: 'list' }, rooms.map(Mine))),
        known.length > 0 && h('section', { key: 'known', class: 'known', 'aria-labelledby': 'known-title' },
          h('h2', { id: 'known-title' }, t('home.known')), h('ul', { class: 'list' }, known.map(Known))),
        h('section', { key: 'lobby', class: 'lobby', 'aria-labelledby': 'lobby-title' },
          h('h2', { id: 'lobby-title' }, t('home.lobby')),
          others.length > 0 ? h('ul', { class: 'list' }, others.map(Public)) : Empty())),
      h('div', { class: 'side' }, Make(), Join())))
}

function Mine(room) {
  const onStage = room.people.filter((p) => p.on_stage)
  const host = room.people.find((p) => p.id === room.host)
  const faces = onStage.length > 0 ? onStage.map((p) => [p.id, p.name]) : [[room.host, host?.name ?? '']]
  return Entry({
    key: room.id, title: room.title, kind: room.kind, faces,
    by: room.role === 'host' ? t('home.hosted.you') : t('home.hosted', { name: nameOf(host) }),
    people: room.people.length, speakers: onStage.length, language: room.language,
    act: h('button', { class: 'primary', 'aria-describedby': `title-${room.id}`, onclick: () => go(room.id) }, t('home.return')),
  })
}

function Public(card) {
  const busy = store.busy[`join ${card.room}`]
  return Entry({
    key: card.room, title: card.title, kind: card.kind, faces: [[card.host, card.host_name]],
    by: t('home.hosted', { name: nameOf({ name: card.host_name }) }),
    people: card.people, speakers: card.speakers, language: card.language,
    act: h('button', { class: 'plain', 'aria-describedby': `title-${card.room}`, busy, onclick: () => joinRoom(card.room) }, t(busy ? 'home.joining' : 'home.enter')),
  })
}

// Known is a room that one was in before; nobody knows who is there now.
function Known(room) {
  const busy = store.busy[`join ${room.room}`]
  const card = store.state.lobby.find((c) => c.room === room.room)
  return h('li', { key: room.room, class: 'entry' },
    h('span', { class: 'faces', 'aria-hidden': 'true' }, h('span', { class: 'face' }, avatar(room.host, card?.host_name ?? ''))),
    h('div', { class: 'about' }, h('h3', { id: `title-${room.room}` }, room.title),
      h('p', { class: 'soft' }, h('span', null, room.own ? t('home.hosted.you') : card ? t('home.hosted', { name: card.host_name }) : t('home.before')),
        card && h('span', null, count('people', card.people)))),
    h('button', { class: 'plain', 'aria-describedby': `title-${room.room}`, busy, onclick: () => joinRoom(room.room) }, t(busy ? 'home.joining' : 'home.return')))
}

function Entry({ key, title, kind, faces, by, people, speakers, language, act }) {
  return h('li', { key, class: 'entry' },
    h('span', { class: 'faces', 'aria-hidden': 'true' }, faces.slice(0, 3).map(([id, name]) => h('span', { key: id, class: 'face' }, avatar(id, name)))),
    h('div', { class: 'about' },
      h('h3', { id: `title-${key}` }, title),
      h('p', { class: 'soft' },
        h('span', null, by), h('span', null, count('people', people)), h('span', null, count('speakers', speakers)),
        language && h('span', { class: 'tag' }, languageName(language)),
        kind !== 'open' && h('span', { class: 'tag' }, icon('lock'), t(`room.${kind}`)))),
    act)
}

function Empty() {
  return h('div', { class: 'empty' }, icon('leaf'),
    h('p', null, h('strong', null, t('home.empty'))),
    h('p', { class: 'soft' }, t('home.empty.peers', { peers: count('peers', store.state.self.peers) })))
}

function Make() {
  const send = submitted(async (fields, form) => {
    const title = fields.title.trim()
    if (title && (await makeRoom({ title, kind: fields.kind, language: fields.language }))) form.reset()
  })
  const kind = (value, picture, checked) => h('label', { class: 'choice' },
    h('input', { type: 'radio', name: 'kind', value, checked }),
    h('span', null, h('strong', null, icon(picture), t(`make.${value}`)), h('small', null, t(`make.${value}.note`))))
  return h('section', { key: 'make', class: 'card', 'aria-labelledby': 'make-title' },
    h('h2', { id: 'make-title' }, t('home.make')),
    h('form', { onsubmit: send },
      h('label', { class: 'field' }, h('span', null, t('make.title')),
        h('input', { name: 'title', required: true, maxlength: 120, autocomplete: 'off', placeholder: t('make.placeholder') })),
      h('fieldset', null, h('legend', null, t('make.kind')), kind('open', 'globe', true), kind('invite', 'lock', false), kind('secret', 'deaf', false)),
      h('label', { class: 'field' }, h('span', null, t('make.language')),
        h('select', { name: 'language' }, h('option', { value: '' }, t('make.language.none')),
          languages.map((l) => h('option', { key: l, value: l, lang: l }, languageName(l))))),
      h('button', { class: 'primary wide', busy: store.busy.make }, t(store.busy.make ? 'make.going' : 'make.go'))))
}

function Join() {
  const send = submitted(async ({ link }, form) => {
    if (await openLink(link)) form.reset()
  })
  return h('section', { key: 'join', class: 'card', 'aria-labelledby': 'join-title' },
    h('h2', { id: 'join-title' }, t('home.join')),
    h('form', { class: 'inline', onsubmit: send },
      h('input', { name: 'link', required: true, autocomplete: 'off', spellcheck: 'false', 'aria-label': t('home.join.label'), placeholder: t('home.join.placeholder') }),
      h('button', { class: 'plain', busy: store.busy.join }, t(store.busy.join ? 'home.joining' : 'home.join.go'))))
}

/** languageName is a language's name in that language. */
export function languageName(code) {
  try {
    const name = new Intl.DisplayNames([code], { type: 'language' }).of(code)
    return name.charAt(0).toLocaleUpperCase(code) + name.slice(1)
  } catch {
    return code
  }
}
