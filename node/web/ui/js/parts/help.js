// Shortcuts, and how it all works in three sentences.

import { h } from '../dom.js'
import { store } from '../store.js'
import { t } from '../strings.js'
import { Dialog } from './dialog.js'

/** Help draws it. */
export function Help() {
  const key = (name, text) => h('div', null, h('dt', null, h('kbd', null, name)), h('dd', null, text))
  return Dialog({ key: 'help', title: t('help.title') },
    h('h3', null, t('help.how')),
    h('ol', null, ['1', '2', '3'].map((n) => h('li', null, t(`help.how.${n}`)))),
    h('h3', null, t('help.shortcuts')),
    h('dl', { class: 'keys' },
      key('M', t('help.mute')), key('H', t('help.hand')), key('?', t('help.help')), key('Esc', t('help.escape'))),
    h('p', { class: 'soft version' }, t('help.version', { version: store.state?.version ?? '', id: store.state?.self.id ?? '' })))
}
