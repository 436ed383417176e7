// How often which client asked what, between two looks at it. The hot path raises a number; whoever keeps records looks from time to time.

import type { Judgement } from './memory.ts'
import type { Client } from './ports.ts'

/** One client's questions for one name and type under one judgement. */
export interface Tally {
  readonly client: Client
  readonly type: number
  readonly judgement: Judgement
  /** Since `takeAsked`. */
  count: number
  /** For whoever keeps records: has this one been written, and how many of `count` with it? */
  isKnown: boolean
  written: number
}

export interface Tallies {
  /** Hot path. Allocates when the three come together for the first time. */
  count(judgement: Judgement, client: Client, type: number): void
  /** Those that were asked for since `takeAsked`, oldest first. */
  readonly asked: readonly Tally[]
  /** Distinct questions that found no room since then. */
  readonly unlisted: number
  /** Begins anew: hands out what was asked, and the caller reads the counts and sets them to 0. */
  takeAsked(): readonly Tally[]
}

/** A flood of names that nobody asks for twice is counted, not listed: each holds some 500 octets. */
const MOST_ASKED = 32_768
/** Clients and types of one name. */
const MOST_OF_ONE = 256

export function createTallies(): Tallies {
  let asked: Tally[] = []
  let unlisted = 0

  function count(judgement: Judgement, client: Client, type: number): void {
    const { tallies } = judgement
    for (let index = 0; index < tallies.length; index++) {
      const tally = tallies[index]!
      if (tally.type !== type || tally.client.id !== client.id) continue
      if (tally.count++ === 0) list(tally)
      return
    }
    if (asked.length < MOST_ASKED && tallies.length < MOST_OF_ONE) add(judgement, client, type)
    else unlisted++
  }

  function add(judgement: Judgement, client: Client, type: number): void {
    const tally = { client, type, judgement, count: 1, isKnown: false, written: 0 }
    judgement.tallies = [...judgement.tallies, tally]
    list(tally)
  }

  function list(tally: Tally): void {
    if (asked.length < MOST_ASKED) asked.push(tally)
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
      unlisted = 0
      return taken
    },
  }
}
