// Where each node of the tree is drawn: layers from the root down, leaves side by
// side, parents above the middle of their children. Pure: edges in, places out.

const across = 88 // between leaves
const down = 106 // between layers
const tall = 80 // a node with what is written above and below it

/** layout places the nodes of a tree. What the root does not reach stands in a layer
 * of its own at the bottom, so that nobody is missing. */
export function layout(tree) {
  const nodes = new Map(tree.nodes.map((n) => [n.id, n]))
  const children = new Map([...nodes.keys()].map((id) => [id, []]))
  for (const { from, to } of tree.edges) {
    if (nodes.has(from) && nodes.has(to) && from !== to) children.get(from).push(to)
  }
  const places = new Map()
  let column = 0
  let deepest = 0
  const seen = new Set()
  const place = (id, depth) => {
    seen.add(id)
    deepest = Math.max(deepest, depth)
    const below = ordered(children.get(id), children).filter((c) => !seen.has(c))
    for (const c of below) seen.add(c)
    const xs = below.map((c) => place(c, depth + 1))
    const x = xs.length > 0 ? (xs[0] + xs[xs.length - 1]) / 2 : column++ * across
    places.set(id, { x, y: depth * down, depth, feeds: below })
    return x
  }
  const roots = [tree.root, ...heads(tree, nodes)].filter((id) => nodes.has(id))
  for (const id of roots) if (!seen.has(id)) place(id, 0)
  for (const id of nodes.keys()) if (!seen.has(id)) place(id, 0)
  const xs = [...places.values()].map((p) => p.x)
  return { places, width: Math.max(0, ...xs) + across, height: deepest * down + tall, across }
}

// heads are the nodes that nobody feeds.
function heads(tree, nodes) {
  const fed = new Set(tree.edges.map((e) => e.to))
  return [...nodes.keys()].filter((id) => !fed.has(id))
}

// Who feeds most stands in the middle, so that edges are short; ties by ID, so that
// the picture holds still.
function ordered(ids, children) {
  const sorted = [...ids].sort((a, b) => children.get(b).length - children.get(a).length || (a < b ? -1 : 1))
  const row = []
  sorted.forEach((id, i) => (i % 2 ? row.unshift(id) : row.push(id)))
  return row
}
