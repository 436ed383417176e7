// Which refusals are worth a question, and what comes of the answer.

import { printable } from '../printable.ts'
import { DestinationError } from '../zones/destination-error.ts'
import { parseDestination } from '../zones/edit.ts'
import type { Refused } from './account.ts'
import type { Terminal } from './terminal.ts'

export interface AskerOptions {
  readonly ask: Terminal['ask']
  /** Allows a destination for this run. */
  allow(destination: string): void
  /** Undefined where there is no zone file to write to. */
  readonly zone: Zone | undefined
}

export interface Zone {
  /** As it is shown. */
  readonly file: string
  /** Allows a destination in it; returns what is in the way. */
  allow(destination: string): string | undefined
}

export interface Asker {
  /** May be called again and again for the same. */
  take(refused: Refused): void
}

/** Beyond, what is refused stands in the table at the end alone: a command that makes names up does not make more questions. */
const MOST_WAITING = 8
const MOST_A_MINUTE = 12
const MINUTE_MS = 60_000

/** Each is the first letter of what is shown. */
const KEY = { allow: 'a', write: 'w', refuse: 'r', silence: 's' } as const

export function createAsker({ ask, allow, zone }: AskerOptions): Asker {
  const known = new Set<string>()
  const waiting: string[] = []
  const askedAt: number[] = []
  let isAsking = false
  let isSilent = false

  function take({ allow: destination, audited }: Refused): void {
    if (isSilent || audited || destination === null || known.has(destination) || !isOne(destination)) return
    if (waiting.length >= MOST_WAITING || countOfMinute() >= MOST_A_MINUTE) return
    known.add(destination)
    askedAt.push(performance.now())
    waiting.push(destination)
    if (!isAsking) void askInTurn()
  }

  function countOfMinute(): number {
    const since = performance.now() - MINUTE_MS
    while (askedAt.length > 0 && askedAt[0]! < since) askedAt.shift()
    return askedAt.length
  }

  async function askInTurn(): Promise<void> {
    isAsking = true
    for (let next = waiting.shift(); next !== undefined && !isSilent; next = waiting.shift()) await settle(next, zone)
    isAsking = false
  }

  async function settle(destination: string, zone: Zone | undefined, problem?: string): Promise<void> {
    const key = await ask(questionText(destination, zone, waiting.length, problem), Object.values(KEY).join(''))
    if (key === undefined || key === KEY.silence) isSilent = true
    else if (key === KEY.allow) allow(destination)
    else if (key === KEY.write && zone !== undefined) {
      const inTheWay = zone.allow(destination)
      if (inTheWay !== undefined) return settle(destination, undefined, inTheWay)
      allow(destination)
    }
  }

  return { take }
}

/** Names of DNS may hold anything, a "*" too: what cannot be allowed as itself alone is not asked for. */
function isOne(text: string): boolean {
  try {
    const destination = parseDestination(text)
    return destination.kind === 'prefix' || !destination.pattern.wildcard
  } catch (error) {
    if (error instanceof DestinationError) return false
    throw error
  }
}

function questionText(destination: string, zone: Zone | undefined, waiting: number, problem: string | undefined): string {
  const write = zone === undefined ? [] : [`[w]rite to ${zone.file}`]
  const choices = ['[a]llow for this run', ...write, '[r]efuse', '[s]top asking']
  const more = waiting > 0 ? ` (${waiting} more)` : ''
  const before = problem === undefined ? '' : `${problem.replaceAll('\n', '; ')} - `
  return printable(`sallyport: ${before}${destination} is refused${more}: ${choices.join(', ')}`)
}
