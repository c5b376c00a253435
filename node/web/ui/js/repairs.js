// What changed in a room's trees between two states of it: which edges grew, and what is
// worth a line of words. The node tells how things stand and not how they came to be;
// who is fed by the spare path of a moment ago has switched to it. Pure.

import { groves, edgeKey, parents, small } from './parts/grove.js'

const [others, above, own] = [1, 2, 3] // how much a line concerns oneself

/** repairs returns {grown, news}. grown are edges, {tree, key}. News is {what, tree, who,
 * below, n, rank}: who and below are IDs, and a higher rank comes first. */
export function repairs(before, after) {
  if (!before || !after || before.id !== after.id) return { grown: [], news: [] }
  const [old, now] = [groves(before), groves(after)]
  const news = []
  if (old.length > 0 && now.length > 0 && old.length !== now.length) {
    news.push({ what: now.length > old.length ? 'two' : 'one', tree: 0, rank: own })
  }
  const grown = []
  now.forEach((grove, n) => {
    const was = old[n]
    if (!was) return
    const edges = changed(was, grove)
    grown.push(...edges.map((e) => ({ tree: n, key: edgeKey(e.from, e.to) })))
    news.push(...of(self(before.network.paths[n], after.network.paths[n]), n), ...of(root(was, grove), n), ...of(moves(edges, grove), n))
  })
  news.push(...gone(before, after, old))
  return { grown, news }
}

const of = (line, tree) => (line ? [{ ...line, tree }] : [])

// changed are the edges that were not there: of a large tree, and of one of which nothing
// was known, only those of who was fed by somebody else.
function changed(was, now) {
  const fed = parents(was.edges)
  const whole = now.nodes.length <= small && was.edges.length > 0
  return now.edges
    .filter((e) => fed.get(e.to) !== e.from && (whole || fed.has(e.to)))
    .map((e) => ({ ...e, moved: fed.has(e.to) }))
}

// self is what became of one's own path.
function self(was, now) {
  if (!was || !now) return null
  if (!now.attached) return was.attached ? { what: 'lost', rank: own } : null
  if (!now.parent) return was.attached && !was.parent ? null : { what: 'crowned', rank: own }
  if (!was.attached) return { what: 'found', below: now.parent, rank: own }
  if (now.parent === was.parent) return null
  return { what: now.parent === was.backup ? 'switched' : 'moved', below: now.parent, rank: own }
}

function root(was, now) {
  if (!was.root || !now.root || was.root === now.root || now.root === now.self) return null
  return { what: 'root', who: now.root, rank: above }
}

// gone are those who do not answer, next to oneself in a tree as they were, or are in none
// any more: who fed oneself concerns one more. Who has left the room is no news of the
// trees, and of a large one a sample is told.
function gone(before, after, old) {
  if (before.tree.nodes.length > small) return []
  const quiet = after.tree.silent.filter((id) => !before.tree.silent.includes(id))
  const there = new Set(after.tree.nodes.map((n) => n.id))
  const away = before.tree.nodes
    .filter((n) => !there.has(n.id) && !before.tree.silent.includes(n.id) && (n.relay || after.people.some((p) => p.id === n.id)))
    .map((n) => n.id)
  const line = (what) => (who) => {
    const at = old.findIndex((grove) => grove.edges.some((e) => e.from === who && grove.way.has(edgeKey(e.from, e.to))))
    return { what, tree: Math.max(0, at), who, rank: what === 'silent' || at >= 0 ? above : others }
  }
  return [...quiet.map(line('silent')), ...away.map(line('gone'))]
}

// moves are the others that are fed by somebody else now, which in a large tree is no news.
// One of them is named, the one by whom the sound comes here first.
function moves(edges, { self: me, way, nodes }) {
  if (nodes.length > small) return null
  const moved = edges.filter((e) => e.moved && e.to !== me)
  if (moved.length === 0) return null
  const mine = moved.find((e) => way.has(edgeKey(e.from, e.to)))
  if (mine || moved.length === 1) {
    const e = mine ?? moved[0]
    return { what: 'other', who: e.to, below: e.from, rank: mine ? above : others }
  }
  return { what: 'others', n: moved.length, rank: others }
}
