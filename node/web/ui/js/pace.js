// Which of the things that happen is told, and when: one line at a time, none so soon
// after another that nobody could follow. Pure: the time (ms) is handed in.

const gap = 4000 // between two lines
const stays = 12000 // a line, if none follows
const stale = 9000 // is told no more
const most = 16 // wait

export class Pace {
  constructor() {
    this.waiting = []
    this.line = null
    this.at = -Infinity // when it was told
  }

  /** offer takes in lines, {tree, rank, hold}. One with a hold is told only if nothing
   * that concerns oneself as much happens to its tree for so long. */
  offer(lines, now) {
    const over = (old) => old.hold > 0 && lines.some((line) => line.tree === old.tree && line.rank >= old.rank)
    this.waiting = [...this.waiting.filter((old) => !over(old)), ...lines.map((line) => ({ hold: 0, ...line, since: now }))].slice(-most)
  }

  /** look returns the line that is told now, or null. */
  look(now) {
    this.waiting = this.waiting.filter((line) => now - line.since < stale)
    const due = this.waiting.filter((line) => now - line.since >= line.hold)
    if (due.length > 0 && now - this.at >= gap) {
      // Of those that concern oneself equally, what came first was first.
      this.line = due.reduce((best, line) => (line.rank > best.rank ? line : best))
      this.waiting = this.waiting.filter((line) => line !== this.line)
      this.at = now
    } else if (now - this.at >= stays) {
      this.line = null
    }
    return this.line
  }

  /** wait is for how long look says the same, or null: for good. */
  wait(now) {
    const ends = this.line ? [this.at + stays] : []
    const next = this.waiting.map((line) => Math.max(this.at + gap, line.since + line.hold))
    const at = Math.min(...ends, ...next)
    return at === Infinity ? null : Math.max(0, at - now)
  }
}
