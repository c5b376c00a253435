// A link to hand to a guest, and those that were handed out before.

import * as api from '../api.js'
import { copy, trying } from '../actions.js'
import { h } from '../dom.js'
import { icon } from '../icons.js'
import { roomOf, store, update } from '../store.js'
import { t } from '../strings.js'
import { toast } from '../toast.js'
import { Dialog, submitted } from './dialog.js'
import { Issued, lookUp } from './issued.js'

const uses = { any: 0, one: 1, ten: 10 }
const quotas = { none: 0, two: 2, five: 5 }
const hours = { hour: 1, day: 24, week: 168 }

/** openInvite opens the window for a room. In an open room there is nothing to choose. */
export function openInvite(room) {
  update({ dialog: { kind: 'invite', room: room.id, link: null, form: 'uri', copied: '' } })
  if (room.kind === 'open') make(room.id, {})
  else lookUp(room.id)
}

function change(what) {
  if (store.dialog?.kind === 'invite') update({ dialog: { ...store.dialog, ...what } })
}

async function make(room, wishes) {
  change({ link: null, copied: '' })
  await trying('invite', async () => change({ link: await api.invite(room, wishes) }))
  if (roomOf(room)?.kind !== 'open') await lookUp(room)
}

/** Invite draws the window. */
export function Invite(room) {
  const { link, issued } = store.dialog
  return Dialog({ key: 'invite', title: t('invite.title') },
    h('p', null, t(`invite.lead.${room.kind}`)),
    room.kind !== 'open' && Wishes(room, issued?.limited ?? true),
    (link || room.kind === 'open') && Link(store.dialog),
    room.kind !== 'open' && Issued(room, issued))
}

function Link({ link, form, copied }) {
  const text = link ? link[form] || link.uri : ''
  return h('div', { key: 'made', class: 'made' },
    h('label', { class: 'field' }, h('span', null, t('invite.link')),
      h('input', {
        class: 'link', readonly: true, value: link ? text : t('invite.making'), 'aria-busy': String(!link),
        onfocus: (e) => e.target.select(),
      })),
    h('div', { class: 'buttons' },
      h('button', { class: 'primary', disabled: !link, onclick: () => copyLink(text) },
        icon(copied === text && text ? 'check' : 'copy'), t(copied === text && text ? 'invite.copied' : 'invite.copy')),
      link?.link.startsWith('http') && Choice('form', t('invite.form'), { uri: t('invite.form.uri'), link: t('invite.form.link') }, form,
        (value) => change({ form: value }))))
}

// Each link takes something of what one may give, so none is made unasked.
function Wishes(room, limited) {
  const send = submitted((fields) => make(room.id, {
    role: fields.role, uses: uses[fields.uses], expires: `${hours[fields.expires]}h`, quota: quotas[fields.quota],
  }))
  return h('form', { key: 'wishes', class: 'wishes', onsubmit: send },
    Choice('uses', t('invite.uses'), {
      one: t('invite.uses.one'), ten: t('invite.uses.ten'), ...(!limited && { any: t('invite.uses.any') }),
    }),
    Choice('role', t('invite.role'), { listener: t('invite.role.listener'), speaker: t('invite.role.speaker') }),
    Choice('expires', t('invite.expires'), { day: t('invite.expires.day'), hour: t('invite.expires.hour'), week: t('invite.expires.week') }),
    Choice('quota', t('invite.quota'), { none: t('invite.quota.none'), two: t('invite.quota.two'), five: t('invite.quota.five') }),
    h('button', { class: 'primary', busy: store.busy.invite }, icon('link'), t(store.busy.invite ? 'invite.making' : 'invite.make')))
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
