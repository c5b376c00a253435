// How the lines of a drawn tree run. Pure: places in, paths out.

export const radius = 22 // of a node
export const label = 22 // the name below it
export const bow = 34 // how far a line hangs below two nodes of one layer

const steep = 48 // from the one to the other across, at most, and they stand above each other
const shoulder = 16 // aside of and above the middle of a node
const aside = 56 // how far a line swings out past who stands between those

/** edgeLine runs from parent to child like a root that hangs down: straight at both ends.
 * Between two of whom neither is above the other it hangs through, below their names. */
export function edgeLine(a, b) {
  if (beside(a, b)) {
    const low = Math.max(a.y, b.y) + radius + label + bow
    return `M${a.x} ${a.y + radius + label}C${a.x} ${low} ${b.x} ${low} ${b.x} ${b.y + radius + label}`
  }
  const middle = (a.y + b.y) / 2
  return `M${a.x} ${a.y + radius + label}C${a.x} ${middle + 18} ${b.x} ${middle} ${b.x} ${b.y - radius}`
}

/** spareLine runs where no edge can lie on it: edges end on top of a node, it ends at its
 * shoulder or, where it comes straight down, at its side. For that it swings out, to where
 * the picture has more room. */
export function spareLine(a, b, width) {
  if (beside(a, b)) return edgeLine(a, b)
  const across = a.x - b.x
  if (Math.abs(across) < steep) {
    const side = a.x + b.x > width ? -1 : 1
    const out = (side > 0 ? Math.max(a.x, b.x) : Math.min(a.x, b.x)) + side * (radius + aside)
    return `M${a.x + side * radius} ${a.y}C${out} ${a.y} ${out} ${b.y} ${b.x + side * radius} ${b.y}`
  }
  const [side, middle] = [Math.sign(across), (a.y + b.y) / 2]
  return `M${a.x} ${a.y + radius + label}C${a.x} ${middle + 18} ${b.x + side * 2 * shoulder} ${middle} ${b.x + side * shoulder} ${b.y - shoulder}`
}

/** hangs tells whether a line between two hangs below a picture of a height. */
export const hangs = (a, b, height) => beside(a, b) && Math.max(a.y, b.y) + radius + label + bow > height

// beside tells whether neither is above the other.
const beside = (a, b) => b.y - a.y < 2 * radius + label
