// Rooms with trees, made up for the tests that need no browser.

/** room makes a room of me and others from trees written as 'parent>child …', each with
 * one's own path in it. The first of each tree is its root. */
export function room(...trees) {
  const edges = trees.flatMap(({ is }, tree) => is.split(' ').filter(Boolean).map((e) => ({ tree, from: e.split('>')[0], to: e.split('>')[1] })))
  const ids = new Set(['me', ...edges.flatMap((e) => [e.from, e.to])])
  return {
    id: 'room',
    people: [...ids].map((id) => ({ id, name: id })),
    tree: {
      roots: trees.map(({ is, root }) => root ?? is.split('>')[0]), edges,
      nodes: [...ids].map((id) => ({ id, name: id, self: id === 'me', relay: false })), silent: [],
    },
    network: {
      paths: trees.map(({ is, backup = '', lost = false }) => {
        const parent = is.split(' ').find((e) => e.endsWith('>me'))?.split('>')[0] ?? ''
        return { attached: !lost, parent: lost ? '' : parent, backup }
      }),
    },
  }
}

export const one = { is: 'a>b a>me a>c', backup: 'b' }
export const two = { is: 'b>c c>me c>d b>a', backup: 'd' }
