// Light, dark or as the system says; remembered in this browser.

import { h } from './dom.js'
import { icon } from './icons.js'
import { t } from './strings.js'
import { update } from './store.js'

const order = ['auto', 'light', 'dark']
const icons = { auto: 'auto', light: 'sun', dark: 'moon' }
const kept = 'banyan.theme'

let theme = order.includes(localStorage.getItem(kept)) ? localStorage.getItem(kept) : 'auto'

/** applyTheme sets what was chosen last. */
export function applyTheme() {
  document.documentElement.dataset.theme = theme
}

/** ThemeButton goes through the themes. */
export function ThemeButton() {
  const label = t('app.theme', { now: t(`theme.${theme}`) })
  return h('button', { class: 'quiet round', 'aria-label': label, title: label, onclick: nextTheme }, icon(icons[theme]))
}

function nextTheme() {
  theme = order[(order.indexOf(theme) + 1) % order.length]
  localStorage.setItem(kept, theme)
  applyTheme()
  update({})
}
