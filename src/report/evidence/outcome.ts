// What tests that ran before have found, from the files that their commands printed with --json.

import { existsSync, readFileSync, statSync } from 'node:fs'
import type { Diagnosis } from '../../doctor/host/doctor.ts'
import type { HostFinding } from '../../doctor/host/finding.ts'
import type { Outcome, Proof } from '../../doctor/prove/prove.ts'
import { isProven, summarise } from '../../doctor/prove/report.ts'
import type { HostEvidence, ProofEvidence } from './evidence.ts'

/** The file is not what the command prints; the message says how to make it. */
export class OutcomeError extends Error {
  override readonly name = 'OutcomeError'
}

const OUTCOMES: ReadonlySet<Outcome> = new Set(['held', 'escaped', 'open', 'untried'])

/** Of `prove --json`. Throws OutcomeError. */
export function readProof(file: string): ProofEvidence {
  const proof = parseProof(file)
  const { guard, only } = proof
  return { summary: summarise(proof), proven: isProven(proof), guard, only, at: isoOf(statSync(file).mtimeMs) }
}

/** Judged here by its findings: what the file says of itself is not asked. */
function parseProof(file: string): Proof {
  const proof = parseOutcome(file, 'prove') as Proof
  const { unexplained, control, findings, guard, protection, milliseconds, only = [] } = proof
  const hasLists = [unexplained, control, only].every(Array.isArray) && areTexts([guard, protection, ...only])
  if (hasLists && Number.isFinite(milliseconds) && findings.every(({ outcome }) => OUTCOMES.has(outcome))) return proof
  throw new OutcomeError(`${file} is no proof: write it with "sallyport prove --json >${file}"`)
}

/** What a command has printed with --json: an object with findings. */
function parseOutcome(file: string, command: 'prove' | 'doctor'): unknown {
  if (!existsSync(file)) throw new OutcomeError(`there is no file ${file}`)
  const mend = `write it with "sallyport ${command} --json >${file}"`
  try {
    const outcome = JSON.parse(readFileSync(file, 'utf8')) as { readonly findings?: unknown } | null
    if (Array.isArray(outcome?.findings) && outcome.findings.length > 0 && outcome.findings.every(isObject)) return outcome
  } catch (cause) {
    throw new OutcomeError(`${file} is not JSON: ${mend}`, { cause })
  }
  throw new OutcomeError(`${file} has no findings: ${mend}`)
}

/** Of `doctor --json`. Throws OutcomeError. */
export function readDiagnosis(file: string): HostEvidence {
  const { findings, guard } = parseOutcome(file, 'doctor') as Diagnosis
  if (!areTexts([guard, ...findings.flatMap(({ state, topic, says }) => [state, topic, says])]))
    throw new OutcomeError(`${file} is no diagnosis: write it with "sallyport doctor --json >${file}"`)
  const saying = (wanted: HostFinding['state']) =>
    findings.filter(({ state }) => state === wanted).map(({ topic, says }) => `${topic}: ${says}`)
  return { guard, bad: saying('bad'), doubtful: saying('doubtful'), good: saying('good').length, at: isoOf(statSync(file).mtimeMs) }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function areTexts(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string')
}

function isoOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
