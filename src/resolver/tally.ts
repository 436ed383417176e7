// How often which client asked what, between two looks at it. The hot path raises a number; whoever keeps records looks from time to time.

import { permitsType } from '../policy/decide.ts'
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
/** Of one payer, allowed and denied each: what its neighbours ask for meanwhile is listed all the same. */
const MOST_OF_PAYER = 8192
/** What is denied costs whoever asks nothing, and must not hide what is allowed, their own included. */
const MOST_DENIED = MOST_ASKED - MOST_OF_PAYER
/** Types of one client and name that are denied: anything may be asked. Those that a policy allows are few. */
const MOST_TYPES = 16
/** Clients of one name: sources may be forged. Beyond so many, who has not asked in this round makes room: sandboxes come and go, names stay. */
const MOST_CLIENTS = 4096

export function createTallies(): Tallies {
  let asked: Tally[] = []
  /** By payer, how many of them. */
  const listed = { allowed: new Map<string, number>(), denied: new Map<string, number>() }
  let denied = 0
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
    const allowed = isAllowed(judgement, type, isOverBudget)
    const isFull = earlier === undefined ? judgement.tallies.size >= MOST_CLIENTS : !allowed && earlier.many >= MOST_TYPES
    if (isFull || !hasRoom(client, allowed)) {
      unlisted++
      return
    }
    const many = earlier === undefined ? 1 : earlier.many + 1
    const tally: Tally = { judgement, client, type, isOverBudget, count: 1, earlier, many, isKnown: false, written: 0 }
    judgement.tallies.set(client.id, tally)
    enlist(tally, allowed)
  }

  function hasRoom({ payer }: Client, allowed: boolean): boolean {
    const ofPayer = (allowed ? listed.allowed : listed.denied).get(payer) ?? 0
    return ofPayer < MOST_OF_PAYER && asked.length < MOST_ASKED && (allowed || denied < MOST_DENIED)
  }

  function enlist(tally: Tally, allowed: boolean): void {
    const { payer } = tally.client
    const byPayer = allowed ? listed.allowed : listed.denied
    asked.push(tally)
    byPayer.set(payer, (byPayer.get(payer) ?? 0) + 1)
    if (!allowed) denied++
  }

  /** Once a round: that nobody can be spared is not found out again at each question of a flood. */
  function makeRoom(judgement: Judgement): void {
    if (judgement.talliesSweptIn === round) return
    judgement.talliesSweptIn = round
    judgement.tallies.deleteWhere(isAtRest)
  }

  function list(tally: Tally): void {
    const allowed = isAllowed(tally.judgement, tally.type, tally.isOverBudget)
    if (hasRoom(tally.client, allowed)) enlist(tally, allowed)
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
      listed.allowed.clear()
      listed.denied.clear()
      denied = 0
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

/** By an entry: what audit mode lets through is not. */
function isAllowed({ verdict }: Judgement, type: number, isOverBudget: boolean): boolean {
  return verdict.kind === 'allow' && verdict.audited === undefined && !isOverBudget && permitsType(verdict, type)
}
