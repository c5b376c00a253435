// A tree too wide to draw, as branches below each other. In a large one only the
// first layers, and the way to oneself, are branches; of the rest a few stand for
// all, and the others are counted. Pure: edges in, branches out.

import { spanning } from './treelayout.js'

const small = 24 // so many nodes are never folded
const deep = 2 // layers of branches in a larger tree
const some = 6 // twigs of one branch that are named

/** fold returns the topmost branches: {node, branches, twigs, more}. A twig is {node,
 * below}, below counting all that it carries; more counts who is not named. */
export function fold(tree, all) {
  const { tops, children } = spanning(tree)
  const nodes = new Map(tree.nodes.map((n) => [n.id, n]))
  const whole = all || nodes.size <= small
  const counts = new Map()
  const way = new Set() // from the root to oneself
  const survey = (id) => {
    let below = 0
    for (const c of children.get(id)) below += 1 + survey(c)
    if (nodes.get(id).self || children.get(id).some((c) => way.has(c))) way.add(id)
    counts.set(id, below)
    return below
  }
  tops.forEach(survey)
  const branching = (id, depth) => counts.get(id) > 0 && (whole || depth < deep || way.has(id))
  const first = (a, b) => way.has(b) - way.has(a) || counts.get(b) - counts.get(a) || (a < b ? -1 : 1)
  const branch = (node, ids, depth) => {
    const sorted = [...ids].sort(first)
    const twigs = sorted.filter((c) => !branching(c, depth + 1))
    const named = whole || twigs.length <= some + 1 ? twigs : twigs.slice(0, some)
    return {
      node,
      branches: sorted.filter((c) => branching(c, depth + 1)).map((c) => branch(nodes.get(c), children.get(c), depth + 1)),
      twigs: named.map((c) => ({ node: nodes.get(c), below: counts.get(c) })),
      more: twigs.slice(named.length).reduce((n, c) => n + 1 + counts.get(c), 0),
    }
  }
  // What hangs in the air is gathered below nobody.
  const [top, ...loose] = tops
  const found = [branch(nodes.get(top), children.get(top), 0)]
  if (loose.length > 0) found.push(branch(null, loose, 0))
  return found
}

/** folds tells whether fold leaves somebody out. */
export const folds = (tree) => tree.nodes.length > small && count(fold(tree, false)) < tree.nodes.length

function count(branches) {
  return branches.reduce((n, b) => n + (b.node ? 1 : 0) + b.twigs.length + count(b.branches), 0)
}
