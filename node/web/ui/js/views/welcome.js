// The first minute: a name, and nothing else.

import { setName } from '../actions.js'
import { h } from '../dom.js'
import { logo } from '../icons.js'
import { submitted } from '../parts/dialog.js'
import { shortID } from '../people.js'
import { store } from '../store.js'
import { t } from '../strings.js'

/** Welcome draws it. */
export function Welcome() {
  return [h('header', { key: 'crown', class: 'crown empty-crown' }), h('main', { key: 'welcome', id: 'content', class: 'welcome' },
    logo(),
    h('h1', null, t('welcome.title')),
    h('p', { class: 'lead' }, t('welcome.lead')),
    h('form', { class: 'card', onsubmit: submitted(({ name }) => name.trim() && setName(name.trim())) },
      h('label', { class: 'field' }, h('span', null, t('welcome.name')),
        h('input', { name: 'name', required: true, maxlength: 64, autocomplete: 'nickname', placeholder: t('welcome.placeholder'),
          mounted: (el) => el.focus() })),
      h('button', { class: 'primary', busy: store.busy.name }, t('welcome.go'))),
    h('p', { class: 'soft' }, t('welcome.note', { key: shortID(store.state.self.id) })))]
}
