// Every word that the page shows, in one catalogue for each language.

import { en } from './strings/en.js'

const catalogue = en

// Right-to-left words are fenced in, so that they do not turn what is around them.
const backwards = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/
const fenced = (text) => (backwards.test(text) ? `\u2068${text}\u2069` : text)

/** t returns the text of a key, with {names} filled in. */
export function t(key, values) {
  const text = catalogue[key]
  if (text === undefined) throw new Error(`no text for ${key}`)
  return values ? text.replace(/\{(\w+)\}/g, (_, name) => fenced(values[name] ?? '')) : text
}

/** count chooses between one and many: keys `key.one` and `key.many`, with {n}. */
export function count(key, n, values) {
  return t(n === 1 ? `${key}.one` : `${key}.many`, { ...values, n: n.toLocaleString() })
}
