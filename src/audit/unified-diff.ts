// A change of a zone file as reviewers read it. Lines are changed in place or added behind the others: that is all that proposals do.

const CONTEXT_LINES = 3

interface Step {
  readonly sign: ' ' | '-' | '+'
  readonly text: string
  /** Lines of the old and the new file before this one. */
  readonly old: number
  readonly new: number
}

/** In the format of `diff -u`; undefined `before`: a new file. No lines if nothing changes. */
export function unifiedDiff(file: string, before: string | undefined, after: string): readonly string[] {
  const steps = stepsOf(linesOf(before ?? ''), linesOf(after))
  const changed = steps.flatMap(({ sign }, index) => (sign === ' ' ? [] : [index]))
  if (changed.length === 0) return []
  return [`--- ${before === undefined ? '/dev/null' : file}`, `+++ ${file}`, ...hunksOf(steps, changed)]
}

function stepsOf(before: readonly string[], after: readonly string[]): readonly Step[] {
  return after.flatMap((text, index): Step[] => {
    const former = before[index]
    const place = { old: Math.min(index, before.length), new: index }
    if (former === text) return [{ sign: ' ', text, ...place }]
    if (former === undefined) return [{ sign: '+', text, ...place }]
    return [
      { sign: '-', text: former, ...place },
      { sign: '+', text, ...place, old: index + 1 },
    ]
  })
}

function hunksOf(steps: readonly Step[], changed: readonly number[]): readonly string[] {
  const spans: { from: number; to: number }[] = []
  for (const index of changed) {
    const last = spans.at(-1)
    if (last !== undefined && index - last.to <= 2 * CONTEXT_LINES) last.to = index
    else spans.push({ from: index, to: index })
  }
  return spans.flatMap(({ from, to }) => hunkOf(steps.slice(Math.max(0, from - CONTEXT_LINES), to + CONTEXT_LINES + 1)))
}

function hunkOf(steps: readonly Step[]): readonly string[] {
  const [first] = steps as [Step]
  const count = (sign: Step['sign']) => steps.filter((step) => step.sign === ' ' || step.sign === sign).length
  // An empty side names the line before it.
  const side = (start: number, lines: number) => `${lines === 0 ? start : start + 1},${lines}`
  return [`@@ -${side(first.old, count('-'))} +${side(first.new, count('+'))} @@`, ...steps.map(({ sign, text }) => `${sign}${text}`)]
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n')
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}
