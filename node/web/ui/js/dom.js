// A small virtual DOM: views are functions from state to nodes, and render changes
// only what differs, so that focus, animations and scroll positions stay.

const SVG = 'http://www.w3.org/2000/svg'

/** h describes an element. Props beginning with "on" are listeners; `key` tells
 * siblings apart; `mounted` and `unmounted` are called with the element; `busy` marks
 * a control whose work is under way (which `trying` does not begin twice). */
export function h(type, props, ...children) {
  const list = []
  collect(children, list)
  return { type, props: props ?? {}, key: props?.key, children: list, el: null }
}

function collect(children, into) {
  for (const c of children) {
    if (c === null || c === undefined || c === false || c === true) continue
    if (Array.isArray(c)) collect(c, into)
    else if (typeof c === 'object') into.push(c)
    else into.push({ type: null, text: String(c), props: {}, children: [], el: null })
  }
}

/** render makes the children of container what nodes say. */
export function render(container, ...nodes) {
  const list = []
  collect(nodes, list)
  patchChildren(container, container.rendered ?? [], list, false)
  container.rendered = list
}

function same(a, b) {
  return a.type === b.type && a.key === b.key
}

function patchChildren(parent, before, after, svg) {
  const keyed = new Map()
  const loose = []
  for (const old of before) {
    if (old.key !== undefined) keyed.set(old.key, old)
    else loose.push(old)
  }
  const kept = new Set()
  for (const next of after) {
    const old = next.key !== undefined ? keyed.get(next.key) : takeLoose(loose, next)
    if (old && same(old, next) && !kept.has(old)) {
      kept.add(old)
      patch(old, next, svg)
    } else {
      create(next, svg)
    }
  }
  for (const old of before) {
    if (!kept.has(old)) remove(parent, old)
  }
  after.forEach((next, i) => {
    const at = parent.childNodes[i]
    if (at !== next.el) parent.insertBefore(next.el, at ?? null)
  })
  for (const next of after) {
    if (!next.fresh) continue
    next.fresh = false
    mount(next)
  }
}

// The first loose node of the same type is the one to change.
function takeLoose(loose, next) {
  const i = loose.findIndex((old) => old.type === next.type)
  return i < 0 ? undefined : loose.splice(i, 1)[0]
}

function create(node, svg) {
  node.fresh = true
  if (node.type === null) {
    node.el = document.createTextNode(node.text)
    return
  }
  const inSVG = svg || node.type === 'svg'
  node.el = inSVG ? document.createElementNS(SVG, node.type) : document.createElement(node.type)
  for (const [name, value] of Object.entries(node.props)) setProp(node.el, name, undefined, value)
  for (const child of node.children) {
    create(child, inSVG && node.type !== 'foreignObject')
    node.el.appendChild(child.el)
  }
}

// mount tells a new element and all inside it that they are in the document.
function mount(node) {
  for (const child of node.children) {
    child.fresh = false
    mount(child)
  }
  node.props.mounted?.(node.el)
}

function patch(old, next, svg) {
  next.el = old.el
  if (next.type === null) {
    if (old.text !== next.text) next.el.data = next.text
    return
  }
  for (const name of Object.keys(old.props)) {
    if (!(name in next.props)) setProp(next.el, name, old.props[name], undefined)
  }
  for (const [name, value] of Object.entries(next.props)) {
    if (old.props[name] !== value) setProp(next.el, name, old.props[name], value)
  }
  const inSVG = svg || next.type === 'svg'
  patchChildren(next.el, old.children, next.children, inSVG && next.type !== 'foreignObject')
  next.props.updated?.(next.el)
}

function remove(parent, node) {
  unmount(node)
  if (node.el.parentNode === parent) parent.removeChild(node.el)
}

function unmount(node) {
  for (const child of node.children) unmount(child)
  node.props.unmounted?.(node.el)
}

const hooks = new Set(['key', 'mounted', 'unmounted', 'updated'])

function setProp(el, name, old, value) {
  if (hooks.has(name)) return
  if (name.startsWith('on')) {
    const event = name.slice(2).toLowerCase()
    if (old) el.removeEventListener(event, old)
    if (value) el.addEventListener(event, value)
  } else if (name === 'vars') {
    for (const k of Object.keys(old ?? {})) if (!value || !(k in value)) el.style.removeProperty(k)
    for (const [k, v] of Object.entries(value ?? {})) el.style.setProperty(k, v)
  } else if (name === 'busy') {
    // Not disabled: that would take the focus away, and Chromium loses an Escape
    // that comes before it has.
    setProp(el, 'aria-disabled', undefined, value ? 'true' : undefined)
  } else if (name === 'value' && el.tagName !== 'OPTION') { // an option's is an attribute
    if (el.value !== value) el.value = value ?? ''
  } else if (value === undefined || value === null || value === false) {
    el.removeAttribute(name)
  } else {
    el.setAttribute(name, value === true ? '' : String(value))
  }
}
