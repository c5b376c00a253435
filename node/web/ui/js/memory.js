// What was known of a room's trees is kept for a while when nobody tells of it: a new root,
// or somebody who has moved, has no word yet of who is below. It is drawn faded, and not
// gone. So is who does not answer. Pure: the time (ms) is handed in.

import { edgesOf, small } from './parts/grove.js'

const patience = 4000 // ms; reports go up a step every two seconds

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
    const silent = new Set(tree.silent)
    const stays = (e) => !silent.has(e.to) && this.stays(room, e.from) && this.stays(room, e.to)
    this.trees = tree.roots.map((root, i) => remember(this.trees[i], root, edgesOf(tree, i), stays, now))
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
    const ends = this.trees.filter((t) => t.told).flatMap((t) => [...t.kept].map((e) => e.at + patience - now))
    return ends.length > 0 ? Math.max(0, Math.min(...ends)) : null
  }

  // Who has left the room is not waited for.
  stays(room, id) {
    return this.nodes.get(id)?.relay || room.people.some((p) => p.id === id)
  }
}

// remember is what is known of one tree now: the edges that are told, and those that were
// a moment ago to who is fed by nobody else now; without a root, for as long as that.
function remember(was, root, told, stays, now) {
  const edges = told.map((e) => ({ ...e, at: now }))
  if (!was || edges.length > small) return { root, told: Boolean(root), edges, kept: new Set() }
  const fed = new Set([root, ...told.map((e) => e.to)])
  const kept = was.edges.filter((e) => (!root || now - e.at < patience) && !fed.has(e.to) && stays(e))
  return { root: root || was.root, told: Boolean(root), edges: [...edges, ...kept], kept: new Set(kept) }
}
