// Where each node of the tree is drawn: layers from the root down, leaves side by
// side, parents above the middle of their children. Pure: edges in, places out.

const across = 96 // between neighbours, so that their names do not touch
const close = 50 // between neighbours one of which hangs lower
const lower = 62 // how much lower
const few = 3 // so many leaves of one parent stand in a straight row
const down = 108 // between layers
const tall = 80 // a node with what is written above and below it

/** spanning is the tree without what would make it none: each node once, below the
 * first that feeds it. What the root does not reach stands beside it, so that nobody
 * is missing. */
export function spanning(tree) {
  const fed = fedBy(tree)
  const children = new Map()
  const seen = new Set()
  const claim = (id) => {
    const own = fed.get(id).filter((c) => !seen.has(c))
    for (const c of own) seen.add(c)
    children.set(id, own)
    own.forEach(claim)
  }
  const tops = []
  for (const id of [...tree.roots, ...heads(tree), ...fed.keys()]) {
    if (!fed.has(id) || seen.has(id)) continue
    seen.add(id)
    tops.push(id)
    claim(id)
  }
  return { tops, children }
}

/** layout places the nodes of a tree. Many leaves of one parent hang in two rows,
 * which takes half the width. */
export function layout(tree) {
  const { tops, children } = spanning(tree)
  const leaf = (id) => children.get(id).length === 0
  const places = new Map()
  const cursor = { x: 0, drop: 0, depth: -1 }
  const place = (id, depth, drop) => {
    const below = ordered(children.get(id), children)
    const crowded = below.filter(leaf).length > few
    const xs = below.map((c, i) => place(c, depth + 1, crowded && leaf(c) && i % 2 ? lower : 0))
    const x = xs.length > 0 ? (xs[0] + xs[xs.length - 1]) / 2 : column(cursor, depth, drop)
    places.set(id, { x, y: depth * down + drop })
    return x
  }
  for (const id of tops) place(id, 0, 0)
  const all = [...places.values()]
  return {
    places, across,
    width: Math.max(0, ...all.map((p) => p.x)) + across,
    height: Math.max(0, ...all.map((p) => p.y)) + tall,
  }
}

// column is the next free place of a leaf.
function column(cursor, depth, drop) {
  if (cursor.depth >= 0) cursor.x += cursor.depth === depth && cursor.drop !== drop ? close : across
  cursor.depth = depth
  cursor.drop = drop
  return cursor.x
}

function fedBy(tree) {
  const fed = new Map(tree.nodes.map((n) => [n.id, []]))
  for (const { from, to } of tree.edges) {
    if (fed.has(from) && fed.has(to) && from !== to) fed.get(from).push(to)
  }
  return fed
}

// heads are the nodes that nobody feeds.
function heads(tree) {
  const fed = new Set(tree.edges.map((e) => e.to))
  return tree.nodes.map((n) => n.id).filter((id) => !fed.has(id))
}

// Who feeds most stands in the middle, so that edges are short; ties by ID, so that
// the picture holds still.
function ordered(ids, children) {
  const sorted = [...ids].sort((a, b) => children.get(b).length - children.get(a).length || (a < b ? -1 : 1))
  const row = []
  sorted.forEach((id, i) => (i % 2 ? row.unshift(id) : row.push(id)))
  return row
}
