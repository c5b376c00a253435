// The invites that one handed out, what became of them, and how many are left.

import * as api from '../api.js'
import { trying } from '../actions.js'
import { h } from '../dom.js'
import { nameIn } from '../people.js'
import { store, update } from '../store.js'
import { count, t } from '../strings.js'

/** lookUp asks the node for the list of a room's. */
export function lookUp(room) {
  return trying('issued', async () => {
    const issued = await api.invites(room)
    if (store.dialog?.kind === 'invite') update({ dialog: { ...store.dialog, issued } })
  })
}

/** Issued draws them, the newest first. */
export function Issued(room, issued) {
  if (!issued) return null
  const all = [...issued.invites].reverse()
  return h('section', { key: 'issued', class: 'issued', 'aria-labelledby': 'issued-title' },
    h('h3', { id: 'issued-title' }, t('issued.title')),
    issued.limited && h('p', { class: 'soft' }, count('issued.left', issued.left)),
    all.length === 0
      ? h('p', { class: 'soft' }, t('issued.none'))
      : h('ul', { class: 'lines' }, all.map((i) => Line(room, i))))
}

function Line(room, one) {
  const over = one.revoked || one.expired
  const name = one.peer ? nameIn(room, one.peer) : t('issued.anyone')
  const when = new Date(one.until).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  return h('li', { key: one.id },
    h('span', null,
      h('strong', { dir: 'auto' }, name),
      h('small', { class: 'soft' }, [
        t(`role.${one.role}`),
        !one.peer && (one.uses ? t('issued.used', { n: one.used, of: one.uses }) : t('issued.usedany', { n: one.used })),
        one.quota > 0 && count('issued.quota', one.quota),
        t(one.revoked ? 'issued.revoked' : one.expired ? 'issued.expired' : 'issued.until', { when }),
      ].filter(Boolean).join(', '))),
    !over && h('button', {
      class: 'plain small', busy: store.busy[`revoke ${one.id}`], 'aria-label': t('issued.revoke.who', { name }),
      onclick: () => takeBack(room, one.id),
    }, t('issued.revoke')))
}

async function takeBack(room, id) {
  if (await trying(`revoke ${id}`, () => api.revoke(room.id, id))) await lookUp(room.id)
}
