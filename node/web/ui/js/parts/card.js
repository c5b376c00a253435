// A person's card: who it is for sure, why they may do what they may, and what one may
// do about them.

import { command, copy, setBlocked } from '../actions.js'
import { avatar } from '../avatar.js'
import { h } from '../dom.js'
import { icon } from '../icons.js'
import { about, mayModerate, nameOf, why } from '../people.js'
import { update } from '../store.js'
import { t } from '../strings.js'
import { toast } from '../toast.js'
import { Dialog, closeDialog } from './dialog.js'

/** Card draws it. */
export function Card(room, person) {
  const reason = why(room, person)
  return Dialog({ key: 'person', title: nameOf(person) },
    h('div', { class: 'portrait' }, avatar(person.id, person.name),
      h('div', null, h('p', null, about(room, person)), reason && h('p', { class: 'soft' }, reason)),
      h('p', { class: 'id' }, h('span', { class: 'soft' }, t('person.id')), h('code', null, person.id),
        h('button', { class: 'quiet round', 'aria-label': t('person.copy'), title: t('person.copy'), onclick: () => copyID(person.id) }, icon('copy')))),
    Acts(room, person))
}

async function copyID(id) {
  if (await copy(id)) toast(t('person.copied'))
  else toast(t('invite.manual'), 'error')
}

function Acts(room, person) {
  if (person.self || person.role === 'relay') return null
  const below = !room.closed && mayModerate(room) && isBelow(room, person)
  return h('div', { class: 'buttons stacked' },
    below && everyday(room, person),
    act('block', person.blocked ? 'person.hear' : 'person.unhear', person.blocked ? 'ear' : 'deaf', () => setBlocked(person.id, !person.blocked)),
    below && grave(room, person))
}

// isBelow tells whether somebody is moderated by who may.
function isBelow(room, person) {
  return person.role !== 'host' && person.id !== room.owner && (person.role !== 'moderator' || room.role === 'host')
}

function everyday(room, person) {
  const host = room.role === 'host'
  const does = (what, label, picture) => act(what, label, picture, () => command(room.id, what, person.id))
  const speaks = person.role === 'speaker'
  const silenced = person.mute === 'muted' || person.mute === 'locked'
  return [
    !person.on_stage && !person.invited && does('invite-up', 'person.up', 'up'),
    person.on_stage && speaks && does('move-down', 'person.down', 'down'),
    person.on_stage && !silenced && does('mute-speaker', 'person.silence', 'muted'),
    person.on_stage && person.mute !== 'locked' && does('lock-mic', 'person.lock', 'lock'),
    silenced && does('unmute-speaker', 'person.unsilence', 'mic'),
    host && person.role !== 'moderator' && does('make-moderator', 'person.moderator', 'shield'),
    host && person.role === 'moderator' && does('move-down', 'person.demote', 'down'),
    host && room.heir !== person.id && does('name-successor', 'person.heir', 'star'),
    host && room.heir === person.id && act('name-nobody', 'person.noheir', 'star', () => command(room.id, 'name-successor')),
  ]
}

// What is not undone by another click is asked about first.
function grave(room, person) {
  const asks = (what, label, picture) => h('button', {
    key: what, class: 'danger', onclick: () => update({ dialog: { kind: 'sure', room: room.id, peer: person.id, what } }),
  }, icon(picture), t(label))
  return [
    room.role === 'host' && asks('hand-over', 'person.handover', 'star'),
    asks('ban', 'person.ban', 'close'),
    room.kind !== 'open' && asks('ban-branch', 'person.branch', 'close'),
  ]
}

function act(key, label, picture, work) {
  return h('button', {
    key, class: 'plain', onclick: () => {
      closeDialog()
      work()
    },
  }, icon(picture), t(label))
}
