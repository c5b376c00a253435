// Which of the things that happen is told, and when: one line at a time, none so soon
// after another that nobody could follow, and none that has been overtaken. Pure: the time
// (ms) is handed in.

const gap = 4000 // between two lines
const glance = 1500 // if the next concerns oneself more, or the line is true no more
const stays = 12000 // a line, if none follows
const stale = 9000 // is told no more: two gaps, so that what follows two others is told
const most = 16 // wait

export class Pace {
  constructor() {
    this.waiting = []
    this.line = null
    this.at = -Infinity // when it was told
    this.over = false // it is true no more
  }

  /** offer takes in lines, {key, rank, hold}. One takes the place of one that waits with
   * the same key, and waits itself for as long as its hold. */
  offer(lines, now) {
    const keys = new Set(lines.map((line) => line.key))
    this.waiting = [...this.waiting.filter((old) => !keys.has(old.key)), ...lines.map((line) => ({ hold: 0, ...line, since: now }))].slice(-most)
  }

  /** check drops what does not hold any more. */
  check(holds) {
    this.waiting = this.waiting.filter(holds)
    this.over = this.line !== null && !holds(this.line)
  }

  /** look returns the line that is told now, or null. */
  look(now) {
    this.waiting = this.waiting.filter((line) => now - line.since < line.hold + stale)
    const next = this.next(this.waiting.filter((line) => now - line.since >= line.hold))
    if (next && now - this.at >= this.pause(next)) {
      this.line = next
      this.waiting = this.waiting.filter((line) => line !== next)
      this.at = now
      this.over = false
    } else if (now - this.at >= (this.over ? glance : stays)) {
      this.line = null
    }
    return this.line
  }

  /** wait is for how long look says the same, or null: for good. */
  wait(now) {
    const ends = this.line ? [this.at + (this.over ? glance : stays)] : []
    const next = this.waiting.map((line) => Math.max(this.at + this.pause(line), line.since + line.hold))
    const at = Math.min(...ends, ...next)
    return at === Infinity ? null : Math.max(0, at - now)
  }

  // next is what concerns oneself most, and of that the newest.
  next(due) {
    return due.reduce((best, line) => (!best || line.rank >= best.rank ? line : best), null)
  }

  pause(next) {
    return this.over || (this.line && next.rank > this.line.rank) ? glance : gap
  }
}
