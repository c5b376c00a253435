// Where the lines of a drawn tree run, without a browser. scripts_test.go runs it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { edgeLine, spareLine } from '../ui/js/parts/treelines.js'

// along are points of a path of one curve.
function along(path) {
  const [a, b, c, d] = path.match(/[-\d.]+ [-\d.]+/g).map((p) => p.split(' ').map(Number))
  return Array.from({ length: 41 }, (_, i) => {
    const t = i / 40
    return [0, 1].map((k) => (1 - t) ** 3 * a[k] + 3 * (1 - t) ** 2 * t * b[k] + 3 * (1 - t) * t ** 2 * c[k] + t ** 3 * d[k])
  })
}

const tops = [['straight above', 48, 48], ['a little aside', 60, 48], ['two columns aside', 240, 48], ['on the right edge', 352, 352], ['alone', 70, 70]]
for (const [name, above, below] of tops) {
  test(`the spare path can be seen beside all edges: ${name}`, () => {
    const width = name === 'alone' ? 140 : 400
    const [top, middle, me] = [{ x: above, y: 36 }, { x: below, y: 144 }, { x: below, y: 252 }]
    const spare = along(spareLine(top, me, width))
    const edges = [edgeLine(top, middle), edgeLine(middle, me)].map(along).flat()
    const apart = spare.filter(([x, y]) => edges.every(([u, v]) => Math.hypot(x - u, y - v) > 10))
    assert.ok(apart.length > spare.length / 2, `${apart.length} of ${spare.length} points lie beside the edges`)
    assert.ok(spare.every(([x]) => x > 2 && x < width - 2), 'it leaves the picture')
    const near = spare.filter(([x, y]) => Math.hypot(x - middle.x, y - middle.y) < 30)
    assert.equal(near.length, 0, 'it runs through who stands between')
  })
}
