// A link to hand to a guest. One is made as soon as the window opens, and again
// whenever the wishes change.

import * as api from '../api.js'
import { copy } from '../actions.js'
import { h } from '../dom.js'
import { icon } from '../icons.js'
import { store, update } from '../store.js'
import { t } from '../strings.js'
import { toast } from '../toast.js'
import { Dialog, closeDialog, submitted } from './dialog.js'

const uses = { any: 0, one: 1, ten: 10 }
const hours = { hour: 1, day: 24, week: 168 }

/** openInvite opens the window for a room. */
export function openInvite(room) {
  update({ dialog: { kind: 'invite', room: room.id, link: null, form: 'uri', copied: '' } })
  make(room.id, { role: 'listener', uses: 'any', expires: 'day' })
}

function change(what) {
  if (store.dialog?.kind === 'invite') update({ dialog: { ...store.dialog, ...what } })
}

async function make(room, wishes) {
  change({ link: null, copied: '' })
  try {
    change({ link: await api.invite(room, {
      role: wishes.role, uses: uses[wishes.uses], expires: `${hours[wishes.expires]}h`,
    }) })
  } catch (error) {
    toast(error.message, 'error')
    closeDialog()
  }
}

/** Invite draws the window. */
export function Invite(room) {
  const { link, form, copied } = store.dialog
  const text = link ? link[form] || link.uri : ''
  return Dialog({ key: 'invite', title: t('invite.title') },
    h('p', null, t(`invite.lead.${room.kind}`)),
    h('label', { class: 'field' }, h('span', null, t('invite.link')),
      h('input', {
        class: 'link', readonly: true, value: link ? text : t('invite.making'), 'aria-busy': String(!link),
        onfocus: (e) => e.target.select(),
      })),
    h('div', { class: 'buttons' },
      h('button', { class: 'primary', disabled: !link, onclick: () => copyLink(text) },
        icon(copied === text && text ? 'check' : 'copy'), t(copied === text && text ? 'invite.copied' : 'invite.copy')),
      link?.link.startsWith('http') && Choice('form', t('invite.form'), { uri: t('invite.form.uri'), link: t('invite.form.link') }, form,
        (value) => change({ form: value }))),
    room.kind !== 'open' && h('form', { class: 'wishes', onchange: submitted((fields) => make(room.id, fields)), onsubmit: submitted(() => {}) },
      Choice('role', t('invite.role'), { listener: t('invite.role.listener'), speaker: t('invite.role.speaker') }),
      Choice('uses', t('invite.uses'), { any: t('invite.uses.any'), one: t('invite.uses.one'), ten: t('invite.uses.ten') }),
      Choice('expires', t('invite.expires'), { day: t('invite.expires.day'), hour: t('invite.expires.hour'), week: t('invite.expires.week') })))
}

async function copyLink(text) {
  if (await copy(text)) change({ copied: text })
  else toast(t('invite.manual'), 'error')
}

function Choice(name, label, options, value, onchange) {
  return h('label', { key: name, class: 'field' }, h('span', null, label),
    h('select', { name, ...(onchange && { onchange: (e) => { e.stopPropagation(); onchange(e.target.value) } }) },
      Object.entries(options).map(([key, text]) => h('option', { key, value: key, selected: key === value }, text))))
}
