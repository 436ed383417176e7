import { availableParallelism, cpus, release } from 'node:os'
import type { Question } from './question/question.ts'
import type { Subject } from './subject/subject.ts'

export interface Result {
  readonly subject: string
  readonly version: string
  readonly question: string
  readonly round: number
  /** null: this subject does not do such a thing. */
  readonly value: number | null
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

/** A row a question, a column a subject: the median, and how many times better (or worse) sallyport does. */
export function formatTable(
  questions: readonly Question[],
  subjects: readonly Subject[],
  results: readonly Result[],
  machine: Machine,
  rounds: number,
): string {
  const head = ['', ...subjects.map((subject) => `${subject.name} ${subject.version()}`)]
  const rows = questions.map((question) => [
    question.title,
    ...subjects.map((subject, index) => formatCell(question, subjects[0]!, subject, index, results)),
  ])
  const about = `${machine.processor}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}; median of ${rounds}`
  const note = '(×n): sallyport is n times as good as this peer; below 1 the peer is ahead'
  return `\n${align([head, ...rows])}\n\n${about}\n${note}\n`
}

function formatCell(question: Question, ours: Subject, subject: Subject, index: number, results: readonly Result[]): string {
  const value = medianOf(results, question, subject)
  if (value === undefined) return '–'
  const shown = `${Math.round(value).toLocaleString('en')}${question.unit}`
  const own = medianOf(results, question, ours)
  if (index === 0 || own === undefined) return shown
  const ratio = question.better === 'more' ? own / value : value / own
  return `${shown} (×${ratio.toFixed(2)})`
}

function medianOf(results: readonly Result[], question: Question, subject: Subject): number | undefined {
  const values = results.flatMap(({ subject: name, question: key, value }) =>
    name === subject.name && key === question.key && value !== null ? [value] : [],
  )
  values.sort((one, other) => one - other)
  const middle = values.length / 2
  return values.length % 2 ? values[Math.floor(middle)] : values.length === 0 ? undefined : (values[middle - 1]! + values[middle]!) / 2
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  '))
    .join('\n')
}
