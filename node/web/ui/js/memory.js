// What was known of a room's trees is kept while a new root has no word yet of all who
// are below it: they are drawn faded, and not gone. So is who does not answer. Pure: the
// time (ms) is handed in.

const patience = 5000 // ms after a change of the root; by then its reports are there

export class Memory {
  constructor() {
    this.trees = []
    this.nodes = new Map()
  }

  /** see returns a state of the room with what is remembered of it: faded edges, nodes
   * that are known by these alone, the last root of a tree that has none now, and in
   * seeking which trees these are. */
  see(room, now) {
    const { tree } = room
    this.nodes = new Map([...this.nodes, ...tree.nodes.map((n) => [n.id, n])])
    this.trees = tree.roots.map((root, i) => remember(this.trees[i], root, edgesOf(room, i), (id) => this.stays(room, id), now))
    const silent = new Set(tree.silent)
    const edges = this.trees.flatMap((t, i) => t.edges.map((e) => ({ ...e, tree: i, faded: t.kept.has(e) || silent.has(e.from) || silent.has(e.to) })))
    const named = new Set([...tree.nodes.map((n) => n.id), ...this.trees.map((t) => t.root), ...edges.flatMap((e) => [e.from, e.to])])
    this.nodes = new Map([...this.nodes].filter(([id]) => named.has(id)))
    return {
      ...room,
      tree: {
        ...tree, edges, nodes: [...this.nodes.values()], roots: this.trees.map((t) => t.root),
        seeking: tree.roots.map((root) => !root || silent.has(root)),
      },
    }
  }

  /** wait is for how long see says the same of the same, or null: for good. */
  wait(now) {
    const ends = this.trees.filter((t) => t.kept.size > 0).map((t) => t.until - now)
    return ends.length > 0 ? Math.max(0, Math.min(...ends)) : null
  }

  // Who has left the room is not waited for.
  stays(room, id) {
    return this.nodes.get(id)?.relay || room.people.some((p) => p.id === id)
  }
}

const edgesOf = ({ tree }, i) => tree.edges.filter((e) => e.tree === i)

// remember is what is known of one tree now: the edges that are told, and in doubt those
// that were to who is fed by nobody else. Without a root it is in doubt for as long.
function remember(was, root, told, stays, now) {
  if (!was) return { root, edges: told, kept: new Set(), until: now }
  const until = !root || root !== was.root ? now + patience : was.until
  const fed = new Set([root, ...told.map((e) => e.to)])
  const kept = now < until ? was.edges.filter((e) => !fed.has(e.to) && stays(e.to) && stays(e.from)) : []
  return { root: root || was.root, edges: [...told, ...kept], kept: new Set(kept), until }
}
