// How often which client asked what, between two looks at it. The hot path raises a number; whoever keeps records looks from time to time.

import type { Judgement } from './memory.ts'
import type { Client } from './ports.ts'

/** One client's questions for one name and type under one judgement. */
export interface Tally {
  readonly client: Client
  readonly type: number
  readonly judgement: Judgement
  /** Denied although the judgement allows: the budget of its wildcard was spent. */
  readonly isOverBudget: boolean
  /** Since `takeAsked`. */
  count: number
  /** Another of the same client: the one before. */
  readonly earlier: Tally | undefined
  /** How many the client has, from this one on. */
  readonly many: number
  /** For whoever keeps records: has this one been written, and how many of `count` with it? */
  isKnown: boolean
  written: number
}

export interface Tallies {
  /** Hot path. Allocates when the three come together for the first time. */
  count(judgement: Judgement, client: Client, type: number, isOverBudget: boolean): void
  /** Those that were asked for since `takeAsked`, oldest first. */
  readonly asked: readonly Tally[]
  /** Distinct questions that found no room since then. */
  readonly unlisted: number
  /** Begins anew: hands out what was asked, and the caller reads the counts and sets them to 0. */
  takeAsked(): readonly Tally[]
}

/** A flood of names that nobody asks for twice is counted, not listed: each holds some 900 octets. */
const MOST_ASKED = 32_768
/** Of one payer: what its neighbours ask for meanwhile is listed all the same. */
const MOST_OF_PAYER = 8192
/** Types of one client and name: a policy allows few, but anything may be asked. */
const MOST_TYPES = 16
/** Clients of one name: sources may be forged. Beyond so many, who has not asked in this round makes room: sandboxes come and go, names stay. */
const MOST_CLIENTS = 4096

export function createTallies(): Tallies {
  let asked: Tally[] = []
  /** By payer, how many of them. */
  const listed = new Map<string, number>()
  let unlisted = 0
  let round = 1

  /** At most one map probe, however many clients ask for the name; the types of one client are few. */
  function count(judgement: Judgement, client: Client, type: number, isOverBudget: boolean): void {
    const last = judgement.lastTally
    if (last !== undefined && last.client === client && isOf(last, type, isOverBudget)) return raise(last)
    const latest = judgement.tallies.get(client.id)
    let known = latest
    while (known !== undefined && !isOf(known, type, isOverBudget)) known = known.earlier
    if (known === undefined) add(judgement, client, type, isOverBudget, latest)
    else raise(known)
    judgement.lastTally = known
  }

  function raise(tally: Tally): void {
    if (tally.count++ === 0) list(tally)
  }

  function add(judgement: Judgement, client: Client, type: number, isOverBudget: boolean, earlier: Tally | undefined): void {
    if (earlier === undefined && judgement.tallies.size >= MOST_CLIENTS) makeRoom(judgement)
    const isFull = earlier === undefined ? judgement.tallies.size >= MOST_CLIENTS : earlier.many >= MOST_TYPES
    if (isFull || !hasRoom(client)) {
      unlisted++
      return
    }
    const many = earlier === undefined ? 1 : earlier.many + 1
    const tally: Tally = { judgement, client, type, isOverBudget, count: 1, earlier, many, isKnown: false, written: 0 }
    judgement.tallies.set(client.id, tally)
    enlist(tally)
  }

  function hasRoom({ payer }: Client): boolean {
    return asked.length < MOST_ASKED && (listed.get(payer) ?? 0) < MOST_OF_PAYER
  }

  function enlist(tally: Tally): void {
    const { payer } = tally.client
    asked.push(tally)
    listed.set(payer, (listed.get(payer) ?? 0) + 1)
  }

  /** Once a round: that nobody can be spared is not found out again at each question of a flood. */
  function makeRoom(judgement: Judgement): void {
    if (judgement.talliesSweptIn === round) return
    judgement.talliesSweptIn = round
    judgement.tallies.deleteWhere(isAtRest)
  }

  function list(tally: Tally): void {
    if (hasRoom(tally.client)) enlist(tally)
    else {
      tally.count = 0
      unlisted++
    }
  }

  return {
    count,
    get asked() {
      return asked
    },
    get unlisted() {
      return unlisted
    },
    takeAsked: () => {
      const taken = asked
      asked = []
      listed.clear()
      unlisted = 0
      round++
      return taken
    },
  }
}

/** Has the client asked for nothing since `takeAsked`? */
function isAtRest(last: Tally): boolean {
  for (let tally: Tally | undefined = last; tally !== undefined; tally = tally.earlier) if (tally.count > 0) return false
  return true
}

function isOf(tally: Tally, type: number, isOverBudget: boolean): boolean {
  return tally.type === type && tally.isOverBudget === isOverBudget
}
