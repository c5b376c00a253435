// Each of a room's trees, told as if it was the only one, with what it is to oneself:
// the way that the sound comes, and the spare one. Pure: a room in, trees out.

/** small is up to how many nodes all of a tree is told; of more it is a changing sample. */
export const small = 24

/** groves are the trees of a room: {index, only, root, seeking, roots, nodes, edges, self,
 * way, spare}. way holds the edges from the root down to oneself, by edgeKey; spare is who
 * would feed oneself if the parent died, or ''; seeking tells that root is not there now. */
export function groves({ tree, network }) {
  const only = tree.roots.length < 2
  const self = tree.nodes.find((n) => n.self)?.id ?? ''
  return tree.roots.map((root, index) => {
    const edges = edgesOf(tree, index)
    const seeking = Boolean(tree.seeking?.[index])
    const faded = fading(tree, edges, seeking ? '' : root)
    // In one of two, who is not told of is in the other: nobody hangs in the air for it.
    const told = new Set([root, self, ...edges.flatMap((e) => [e.from, e.to])])
    const nodes = (only ? tree.nodes : tree.nodes.filter((n) => told.has(n.id))).map((n) => (faded.has(n.id) ? { ...n, faded: true } : n))
    const spare = network.paths[index]?.backup ?? ''
    return { index, only, root, seeking, roots: root ? [root] : [], nodes, edges, self, way: way(edges, self), spare }
  })
}

/** edgesOf are those of one tree. */
export const edgesOf = (tree, index) => tree.edges.filter((e) => e.tree === index)

/** edgeKey names an edge within its tree. */
export const edgeKey = (from, to) => `${from} ${to}`

/** parents tells who feeds whom, by who is fed. */
export const parents = (edges) => new Map(edges.map((e) => [e.to, e.from]))

/** rootsAt are the indices of the trees whose root somebody is. */
export const rootsAt = (tree, id) => tree.roots.flatMap((root, i) => (root === id ? [i] : []))

// fading are those of whom there is no word now: they do not answer, or are remembered.
function fading(tree, edges, root) {
  const fresh = new Set([root, ...edges.filter((e) => !e.faded).flatMap((e) => [e.from, e.to])])
  const faded = edges.filter((e) => e.faded).flatMap((e) => [e.from, e.to]).filter((id) => !fresh.has(id))
  return new Set([...faded, ...tree.silent])
}

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
