// A modal window: the browser keeps the focus inside and gives it back afterwards.

import { h } from '../dom.js'
import { icon } from '../icons.js'
import { t } from '../strings.js'
import { update } from '../store.js'

export const closeDialog = () => update({ dialog: null })

/** Dialog draws a window around content. onclose runs however it is closed. */
export function Dialog({ key, title, wide = false, onclose = closeDialog, closable = true }, ...content) {
  return h('dialog', {
    key, class: wide ? 'wide' : '', 'aria-labelledby': `${key}-title`,
    mounted: (el) => el.showModal(),
    unmounted: (el) => el.close(), // gives the focus back
    oncancel: (e) => {
      e.preventDefault()
      onclose()
    },
    onclick: (e) => e.target === e.currentTarget && outside(e) && onclose(),
  },
  h('div', { class: 'window' },
    h('header', null,
      h('h2', { id: `${key}-title` }, title),
      closable && h('button', { class: 'quiet round', 'aria-label': t('app.close'), onclick: onclose }, icon('close'))),
    content))
}

// A click on the backdrop lands on the dialog itself, beyond its box.
function outside(e) {
  const box = e.currentTarget.getBoundingClientRect()
  return e.clientX < box.left || e.clientX > box.right || e.clientY < box.top || e.clientY > box.bottom
}

/** submitted hands a form's fields to work instead of sending them anywhere. */
export function submitted(work) {
  return (e) => {
    e.preventDefault()
    work(Object.fromEntries(new FormData(e.currentTarget)), e.currentTarget)
  }
}
