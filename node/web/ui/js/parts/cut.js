// Names cut to a width, for drawings: what is written in HTML is cut by the browser.

const size = 13 // px, as .picture text has it
const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const done = new Map()
let pen = null

/** cut is as much of a name as fits into so many pixels, ending in … if not all does.
 * A letter with its accents, or an emoji of many parts, stays whole. */
export function cut(name, space, bold = false) {
  const key = `${bold} ${space} ${name}`
  if (!done.has(key)) {
    if (done.size > 2000) done.clear()
    done.set(key, measured(name, space, bold))
  }
  return done.get(key)
}

function measured(name, space, bold) {
  pen ??= document.createElement('canvas').getContext('2d')
  pen.font = `${bold ? 600 : 400} ${size}px ${getComputedStyle(document.body).fontFamily}`
  const fits = (text) => pen.measureText(text).width <= space
  if (fits(name)) return name
  let text = ''
  for (const { segment } of letters.segment(name)) {
    if (!fits(`${text}${segment}…`)) break
    text += segment
  }
  return `${text.trimEnd()}…`
}
