// Each of a room's trees, told as if it was the only one, with what it is to oneself:
// the way that the sound comes, and the spare one. Pure: a room in, trees out.

/** groves are the trees of a room: {index, only, root, roots, nodes, edges, self, way,
 * spare}. way holds the edges from the root down to oneself, by edgeKey; spare is who
 * would feed oneself if the parent died, or ''. */
export function groves({ tree, network }) {
  const only = tree.roots.length < 2
  const self = tree.nodes.find((n) => n.self)?.id ?? ''
  return tree.roots.map((root, index) => {
    const edges = tree.edges.filter((e) => e.tree === index)
    // In one of two, who is not told of is in the other: nobody hangs in the air for it.
    const told = new Set([root, self, ...edges.flatMap((e) => [e.from, e.to])])
    const nodes = only ? tree.nodes : tree.nodes.filter((n) => told.has(n.id))
    const spare = network.paths[index]?.backup ?? ''
    return { index, only, root, roots: root ? [root] : [], nodes, edges, self, way: way(edges, self), spare }
  })
}

/** edgeKey names an edge within its tree. */
export const edgeKey = (from, to) => `${from} ${to}`

/** parents tells who feeds whom, by who is fed. */
export const parents = (edges) => new Map(edges.map((e) => [e.to, e.from]))

/** rootsAt are the indices of the trees whose root somebody is. */
export const rootsAt = (tree, id) => tree.roots.flatMap((root, i) => (root === id ? [i] : []))

// What is told of a tree may be older at one end than at the other: a circle ends it.
function way(edges, self) {
  const above = parents(edges)
  const keys = new Set()
  for (let id = self; above.has(id); id = above.get(id)) {
    const key = edgeKey(above.get(id), id)
    if (keys.has(key)) break
    keys.add(key)
  }
  return keys
}
