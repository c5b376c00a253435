// What an invite link holds, in words, before anybody comes in by it.

import { joinLink } from '../actions.js'
import { h } from '../dom.js'
import { icon } from '../icons.js'
import { shortID } from '../people.js'
import { store } from '../store.js'
import { count, t } from '../strings.js'
import { Dialog, closeDialog } from './dialog.js'

/** Chain draws the window. */
export function Chain() {
  const { link, inside } = store.dialog
  const go = async () => (await joinLink(link)) && closeDialog()
  return Dialog({ key: 'link', title: inside.title || t('link.untitled') },
    h('p', null, t(inside.hidden ? 'link.lead.secret' : 'link.lead')),
    h('ol', { class: 'chain' }, inside.invites.map((i) => Step(inside, i))),
    inside.trouble
      ? h('p', { class: 'problem', role: 'alert' }, t('link.trouble', { why: inside.trouble }))
      : h('p', { class: 'soft' }, t('link.note')),
    h('div', { class: 'buttons' },
      h('button', { class: 'primary', autofocus: true, disabled: Boolean(inside.trouble), busy: store.busy.join, onclick: go },
        icon('up'), t(store.busy.join ? 'home.joining' : 'link.go')),
      h('button', { class: 'plain', onclick: closeDialog }, t('app.cancel'))))
}

function Step(inside, step) {
  return h('li', { key: step.id }, h('p', null, h('strong', null, t('link.by', { name: who(inside, step.issuer) })), ' ', guest(inside, step)),
    h('p', { class: 'soft' }, [
      step.until && t('link.until', { when: instant(step.until) }),
      step.from && t('link.from', { when: instant(step.from) }),
      step.quota && count('link.quota', step.quota),
      !step.invitee && t('link.redeem', { name: [step.issuer, ...(step.redeemers ?? [])].map((id) => who(inside, id)).join(t('link.or')) }),
    ].filter(Boolean).join(' ')))
}

function guest(inside, step) {
  const as = t(`link.as.${step.role}`)
  if (step.invitee) return t('link.named', { name: who(inside, step.invitee), as })
  return step.uses ? count('link.uses', step.uses, { as }) : t('link.any', { as })
}

function who(inside, id) {
  if (id === store.state.self.id) return t('app.you')
  return t(id === inside.host ? 'link.host' : 'person.ending', { key: shortID(id) })
}

const instant = (time) => new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
