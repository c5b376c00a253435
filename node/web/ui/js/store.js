// All that the page knows, in one place. Views read it; `update` changes it and
// asks for a new picture, at most one for each frame of the screen.

export const store = {
  state: null, // the node's State, once it came
  connection: 'connecting', // connecting, ok, lost, locked
  route: { view: 'home', room: null },
  room: null, // ID of the room that is heard, also while the lobby is looked at
  dialog: null, // {kind, …}: the one that is open
  wide: false, // all of the audience is drawn, not only the first
  unfolded: {}, // by a tree's index: all of it is written, not only the first branches
  pointed: null, // the node of the tree that is pointed at
  busy: {}, // what is under way, by name
  hear: 'off', // off, connecting, on, blocked, lost, elsewhere
  mic: 'off', // off, asking, connecting, on, denied, lost
  micWords: '', // why the microphone is not on
}

const watchers = new Set()
let asked = false

/** watch calls back after each change; it is for drawing. */
export function watch(callback) {
  watchers.add(callback)
}

/** update merges what changed. */
export function update(change) {
  Object.assign(store, change)
  if (asked) return
  asked = true
  // Hidden pages get no animation frames, but their title must still change.
  const run = () => {
    asked = false
    for (const w of watchers) w(store)
  }
  if (document.hidden) setTimeout(run, 50)
  else requestAnimationFrame(run)
}

/** when waits until something is so, or for as long as is bearable. */
export function when(condition, ms = 3000) {
  return new Promise((resolve) => {
    const look = () => {
      if (!condition()) return
      watchers.delete(look)
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(() => {
      watchers.delete(look)
      resolve()
    }, ms)
    watchers.add(look)
    look()
  })
}

/** roomOf returns a room that the node is in. */
export function roomOf(id) {
  return store.state?.rooms.find((r) => r.id === id) ?? null
}

/** during marks something as under way while it is, and hands errors on. */
export async function during(name, work) {
  update({ busy: { ...store.busy, [name]: true } })
  try {
    return await work()
  } finally {
    const busy = { ...store.busy }
    delete busy[name]
    update({ busy })
  }
}
