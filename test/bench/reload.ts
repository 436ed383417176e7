import { setTimeout as pause } from 'node:timers/promises'
import { runDnsperf } from './dnsperf.ts'
import type { Place } from './place.ts'
import { untilAnswer } from './until-answer.ts'

const ASKED_PER_SECOND = 1_000
const SECONDS = 4
/** Clients have been asking for a moment when the change comes. */
const BEFORE_MS = 500

export interface ReloadOutcome {
  /** From the change until `name`, which it allows, is answered with an address. */
  readonly untilAnswerMs: number
  /** By how much the longest answer to whoever asks meanwhile exceeds the longest when nothing changes. */
  readonly delayMs: number
}

/** Runs a command that changes zone files while clients ask for what is cached. */
export async function reloadUnderLoad(place: Place, name: string, command: readonly string[]): Promise<ReloadOutcome> {
  const usual = await longestAnswer(place)
  const longest = longestAnswer(place)
  await pause(BEFORE_MS)
  const { milliseconds, end } = await untilAnswer(place, name, command)
  await end()
  return { untilAnswerMs: milliseconds, delayMs: Math.max(0, (await longest) - usual) }
}

async function longestAnswer(place: Place): Promise<number> {
  const { latencies, lost } = await runDnsperf(place, { list: place.lists.cached, seconds: SECONDS, perSecond: ASKED_PER_SECOND })
  if (lost > 0) throw new Error(`${lost} queries were not answered`)
  return latencies.at(-1)!
}
