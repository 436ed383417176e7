import { availableParallelism, cpus, release } from 'node:os'
import type { Figure, Goal } from './question/question.ts'
import { median } from './statistics.ts'
import type { Subject } from './subject/subject.ts'

export interface Result {
  readonly subject: string
  readonly figure: string
  readonly round: number
  readonly value: number
}

export interface Report {
  readonly machine: Machine
  readonly rounds: number
  readonly figures: readonly Figure[]
  readonly versions: Readonly<Record<string, string>>
  readonly results: readonly Result[]
}

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly kernel: string
  readonly node: string
}

export function describeMachine(): Machine {
  return { processor: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), kernel: release(), node: process.versions.node }
}

/** A row a figure, a column a subject, sallyport first: the median, and how many times as good as the peer sallyport is. Then its goal. */
export function formatTable(report: Report, subjects: readonly Subject[]): string {
  const { machine, figures, rounds, versions } = report
  const [ours, ...peers] = subjects.map(({ name }) => name)
  const head = ['', ...subjects.map(({ name }) => `${name} ${versions[name]}`), 'goal']
  const rows = figures.map((figure) => {
    const medianFor = (name: string) => medianOf(report, figure, name)
    const own = medianFor(ours!)
    const theirs = new Map(peers.map((name) => [name, medianFor(name)]))
    return [
      figure.title,
      show(figure, own),
      ...peers.map((name) => show(figure, theirs.get(name)) + showRatio(figure, own, theirs.get(name))),
      showGoal(figure, own, theirs),
    ]
  })
  const about = `${machine.processor}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}; median of ${rounds}`
  return `\n${align([head, ...rows])}\n\n${about}\n(×n): sallyport is n times as good as this peer; below 1 the peer is ahead\n`
}

function medianOf({ results }: Report, { key }: Figure, name: string): number | undefined {
  return median(results.filter(({ subject, figure }) => subject === name && figure === key).map(({ value }) => value))
}

function show({ unit }: Figure, value: number | undefined): string {
  if (value === undefined) return '–'
  const digits = Math.abs(value) < 10 ? 2 : 0
  return `${value.toLocaleString('en', { maximumFractionDigits: digits })}${unit}`
}

function showRatio({ better }: Figure, own: number | undefined, theirs: number | undefined): string {
  if (own === undefined || theirs === undefined) return ''
  return ` (×${(better === 'more' ? own / theirs : theirs / own).toFixed(2)})`
}

function showGoal(figure: Figure, own: number | undefined, theirs: ReadonlyMap<string, number | undefined>): string {
  const { goal, better } = figure
  if (goal === undefined) return ''
  const wanted = wantedBy(goal, better, theirs)
  const sign = better === 'more' ? '≥' : '≤'
  const text = goal.kind === 'bound' ? `${sign} ${show(figure, goal.value)}` : `${sign} ${goal.times} × ${goal.peer}`
  if (own === undefined || wanted === undefined) return text
  return `${text}: ${(better === 'more' ? own >= wanted : own <= wanted) ? 'met' : 'missed'}`
}

function wantedBy(goal: Goal, better: Figure['better'], theirs: ReadonlyMap<string, number | undefined>): number | undefined {
  if (goal.kind === 'bound') return goal.value
  const candidates = goal.peer === 'best' ? [...theirs.values()] : [theirs.get(goal.peer)]
  const known = candidates.filter((value) => value !== undefined)
  if (known.length === 0) return undefined
  return goal.times * (better === 'more' ? Math.max(...known) : Math.min(...known))
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const isText = (column: number): boolean => column === 0 || column === widths.length - 1
  return rows
    .map((row) => row.map((cell, column) => (isText(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  '))
    .join('\n')
}
