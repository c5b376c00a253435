// Short words at the edge of the page: errors stay longer, and all can be closed.

import { h } from './dom.js'
import { icon } from './icons.js'
import { t } from './strings.js'
import { update } from './store.js'

let toasts = []
let last = 0

/** toast shows a sentence; kind is error or note. */
export function toast(text, kind = 'note') {
  if (toasts.some((x) => x.text === text)) return
  const id = ++last
  toasts = [...toasts.slice(-3), { id, text, kind }]
  update({})
  setTimeout(() => close(id), kind === 'error' ? 12000 : 5000)
}

function close(id) {
  toasts = toasts.filter((x) => x.id !== id)
  update({})
}

/** Toasts draws them. */
export function Toasts() {
  return h('div', { class: 'toasts' },
    toasts.map(({ id, text, kind }) => h('div', { key: id, class: `toast ${kind}`, role: kind === 'error' ? 'alert' : 'status' },
      h('p', null, text),
      h('button', { class: 'quiet round', 'aria-label': t('app.close'), onclick: () => close(id) }, icon('close')))))
}
