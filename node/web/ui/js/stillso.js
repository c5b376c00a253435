// Whether a line of news is still so. What has been overtaken is not told: nobody should
// look for somebody who is gone, or for an edge that is not there. Pure.

/** stillSo tells it of a line of repairs.js and a state of its room. */
export function stillSo(room, { what, tree, who, below }) {
  const there = (id) => !id || room.tree.nodes.some((n) => n.id === id) && !room.tree.silent.includes(id)
  const path = room.network.paths[tree]
  switch (what) {
    case 'silent': return room.tree.silent.includes(who)
    case 'gone': return !there(who)
    case 'two': return room.tree.roots.length > 1
    case 'one': return room.tree.roots.length === 1
  }
  if (!there(who) || !there(below) || !path) return false
  switch (what) {
    case 'lost': return !path.attached
    case 'crowned': return path.attached && !path.parent
    case 'root': return room.tree.roots[tree] === who
    case 'other': return room.tree.edges.some((e) => e.tree === tree && e.from === below && e.to === who)
    case 'others': return true
    default: return path.attached && path.parent === below // found, switched, moved
  }
}
