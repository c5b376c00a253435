// The bar at the bottom: what one can do oneself, and how one is heard. Each button has a
// key: one that became another under the pointer would be pressed for it.

import { leave, openMicrophone, stepDown, toggleHand, toggleMute } from '../actions.js'
import { avatar } from '../avatar.js'
import { h } from '../dom.js'
import { icon } from '../icons.js'
import { nameOf, self } from '../people.js'
import { loudness } from '../sound/context.js'
import { hearHere, micEnergy, unblock } from '../sound/conductor.js'
import { store, update } from '../store.js'
import { t } from '../strings.js'

/** Bar draws it. */
export function Bar(room) {
  const me = self(room)
  return h('div', { key: 'bar', class: 'bar', role: 'region', 'aria-label': t('bar.label') },
    h('div', { class: 'who' },
      h('span', { class: 'face', 'data-peer': room.on_stage ? me.id : null },
        h('span', { class: 'ring', 'aria-hidden': 'true' }), avatar(me.id, me.name)),
      h('span', { class: 'lines' }, h('strong', { dir: 'auto' }, nameOf(me)), h('small', null, standing(room, me)))),
    h('div', { class: 'acts' },
      store.hear === 'blocked' && h('button', { key: 'unblock', class: 'sun', onclick: unblock, title: t('hear.blocked.note') }, icon('ear'), t('hear.blocked')),
      store.hear === 'elsewhere' && h('button', { key: 'here', class: 'plain', onclick: hearHere, title: t('hear.elsewhere') }, icon('ear'), t('hear.here')),
      room.on_stage ? StageActs(room) : AudienceActs(room, me),
      h('button', { key: 'leave', class: 'danger', onclick: () => leave(room.id), busy: store.busy['leave '] },
        icon('leave'), h('span', { class: 'label' }, t('bar.leave')))))
}

function standing(room, me) {
  if (store.connection !== 'ok') return t('bar.gone')
  if (store.hear === 'lost' || store.hear === 'elsewhere') return t(`hear.${store.hear}`)
  if (room.on_stage) {
    if (me.mute === 'locked' || me.mute === 'muted') return t(`bar.by.${me.mute}`)
    if (store.mic === 'on') return t(room.muted ? 'bar.muted' : 'bar.live')
    return t('bar.stage')
  }
  return me.hand ? t('bar.place', { n: me.hand }) : t('bar.audience')
}

function AudienceActs(room, me) {
  if (room.no_hands && !me.hand && !room.invited) {
    return h('button', { key: 'nohands', class: 'plain', disabled: true }, icon('hand'), t('bar.nohands'))
  }
  if (room.invited) {
    return h('button', { key: 'answer', class: 'primary', onclick: () => update({ dialog: { kind: 'consent', room: room.id } }) },
      icon('mic'), t('bar.answer'))
  }
  return h('button', {
    key: 'hand', class: me.hand ? 'pressed' : 'primary', 'aria-pressed': String(Boolean(me.hand)), title: `${t('bar.raise')} (H)`,
    onclick: () => toggleHand(room),
  }, icon('hand'), t(me.hand ? 'bar.lower' : 'bar.raise'))
}

function StageActs(room) {
  const open = store.mic === 'on' || store.mic === 'connecting' || store.mic === 'lost'
  return [
    open ? MuteButton(room) : OpenButton(room),
    room.role !== 'host' && h('button', { key: 'down', class: 'plain', onclick: () => stepDown(room) },
      icon('down'), h('span', { class: 'label' }, t('bar.down'))),
  ]
}

function OpenButton(room) {
  const asking = store.mic === 'asking'
  return h('button', { key: 'open', class: 'primary', busy: asking, title: store.micWords || `${t('bar.mic')} (M)`, onclick: () => openMicrophone(room) },
    icon('mic'), t(asking ? 'bar.mic.asking' : 'bar.mic'))
}

function MuteButton(room) {
  if (self(room).mute === 'locked') return h('button', { key: 'locked', class: 'pressed', disabled: true }, icon('lock'), t('bar.locked'))
  const label = store.mic === 'on' ? t(room.muted ? 'bar.unmute' : 'bar.mute') : t('bar.mic.connecting')
  return h('button', {
    key: 'mute', class: room.muted ? 'pressed' : 'primary', 'aria-pressed': String(room.muted), title: `${label} (M)`,
    onclick: () => toggleMute(room),
  }, icon(room.muted ? 'muted' : 'mic'), label, !room.muted && Level())
}

// Level is the own microphone's, drawn on each frame of the screen while it shows.
function Level() {
  let frame = 0
  const draw = (el) => {
    el.style.setProperty('--level', loudness(micEnergy()).toFixed(2))
    frame = requestAnimationFrame(() => draw(el))
  }
  return h('span', {
    class: 'level', role: 'img', 'aria-label': t('bar.level'),
    mounted: draw, unmounted: () => cancelAnimationFrame(frame),
  }, h('i'), h('i'), h('i'), h('i'), h('i'))
}
