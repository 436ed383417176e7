// What has been judged under the policy in force: for each view and name the verdict, and the answers screened by it. A view that the next
// policy takes over decides as before, so a change costs only those whom it concerns.

import { ByClient } from '../by-client.ts'
import { Kept, type Ring } from '../cache/ring.ts'
import type { Name } from '../dns/name.ts'
import { decide, decideName } from '../policy/decide.ts'
import { isAnsweredHere } from '../policy/special-use.ts'
import type { Verdict } from '../policy/verdict.ts'
import type { View } from '../policy/view.ts'
import type { Address, Client, ResolverOptions } from './ports.ts'
import { denialOf, type Settled } from './settled.ts'
import type { Tally } from './tally.ts'

/** Objects, map entry, name and tally of a verdict; an answer adds a template and a lease holder. Measured at about this. */
const VERDICT_OCTETS = 480
const ANSWER_OCTETS = 500
const METERED_OCTETS = 100

const NOTHING: readonly Settled[] = []

type Names = Map<Name, Judgement>

/** About a name that wildcards alone allow; kept by budget.ts. */
export interface Metered {
  /** Of the widest of them. */
  readonly apex: Name
  /** For each payer: until when the name is paid for, in milliseconds. */
  readonly paidUntil: ByClient<number>
}

/** Set back by less, the clock was only corrected. */
const SET_BACK_MS = 1000

/** The verdict for one view and name. Valid from when it was made until `verdict.changesAt`, by the time of day, and as long as the policy stands. */
export class Judgement extends Kept {
  readonly name: Name
  readonly verdict: Verdict
  readonly #since: number
  /** Does the verdict stand as long as the policy? Where no entry has an end, all do. */
  readonly lasts: boolean
  readonly local: boolean
  /** What every type gets when the name is denied. */
  readonly denial: Settled | undefined
  /** What types get that the allowing rules do not name; set when first asked for. */
  typeDenial: Settled | undefined = undefined
  /** Who asked for it, by the client's id: the latest tally of each, which leads to the earlier ones; kept by tally.ts. */
  readonly tallies = new ByClient<Tally>()
  /** Of them the one that was counted last: next time it is mostly the same. */
  lastTally: Tally | undefined = undefined
  /** In which round of tallies room was made among them. */
  talliesSweptIn = 0
  /** Undefined for every name that is not to be counted against a budget. */
  readonly metered: Metered | undefined
  readonly #names: Names
  #settled = NOTHING

  /** `since`: when the verdict was made, where entries of the view have an end. */
  constructor(names: Names, name: Name, verdict: Verdict, since = Number.NEGATIVE_INFINITY) {
    super()
    this.#names = names
    this.name = name
    this.verdict = verdict
    this.#since = since
    this.lasts = since === Number.NEGATIVE_INFINITY
    this.local = isAnsweredHere(name)
    this.denial = verdict.kind === 'deny' ? denialOf(verdict) : undefined
    this.metered = this.local ? undefined : meteredBy(verdict)
  }

  /** Does the verdict hold at that time of day? What had ended by a clock that was wrong has not when it is set right. */
  holdsAt(wall: number): boolean {
    return wall < this.verdict.changesAt && wall > this.#since - SET_BACK_MS
  }

  /** The answer for a variant, if there is one that has not expired. There are as many as the rules allow types, each with DO and without. */
  settledFor(variant: number, now: number): Settled | undefined {
    for (const settled of this.#settled) if (settled.variant === variant) return settled.expiresAt > now ? settled : undefined
    return undefined
  }

  /** The addresses of the answers that it holds for a type. */
  addressesOf(type: number): readonly Address[] {
    return this.#settled.find(({ variant, addresses }) => variant >> 1 === type && addresses.length > 0)?.addresses ?? []
  }

  /** Keeps an answer in place of an earlier one. Returns by how much the judgement has grown. */
  keep(settled: Settled): number {
    const kept = this.#settled
    const index = kept.findIndex(({ variant }) => variant === settled.variant)
    const replaced = index < 0 ? 0 : octetsOf(kept[index]!)
    // Mostly it is the first: a list that grows by itself takes room for sixteen more, and `concat` takes its time.
    this.#settled = kept.length === 0 ? [settled] : index < 0 ? kept.concat(settled) : kept.with(index, settled)
    return octetsOf(settled) - replaced
  }

  /** A tally may hold on to it for a minute, but not to its answers. */
  evict(): void {
    this.#names.delete(this.name)
    this.#settled = NOTHING
  }
}

/** Audited names have no rule: what is let through there is not for a budget to bound. */
export function meteredBy(verdict: Verdict): Metered | undefined {
  if (verdict.kind === 'deny' || verdict.rules.length === 0 || !verdict.rules.every(({ wildcard }) => wildcard)) return undefined
  const widest = verdict.rules.reduce((one, other) => (other.name.length < one.name.length ? other : one))
  return { apex: widest.name, paidUntil: new ByClient() }
}

function octetsOf({ template }: Settled): number {
  return ANSWER_OCTETS + (template?.octets.length ?? 0)
}

export interface Memory {
  /** The judgement for the client's view. One map probe if it is known; else policy decides. */
  judge(client: Client, name: Name, type: number): Judgement
  /** The reply to a type that the rules of an allowed name do not name. */
  denyType(client: Client, judgement: Judgement, type: number): Settled
  keep(judgement: Judgement, settled: Settled): void
  /** Forgets what was judged for any other view than these. */
  retain(lasting: ReadonlySet<View>): void
  readonly size: number
}

export function createMemory(ring: Ring, { observer, wallClock }: Pick<ResolverOptions, 'observer' | 'wallClock'>): Memory {
  const views = new Map<View, Names>()
  let lastView: View | undefined
  let lastNames: Names = new Map()

  function namesOf(view: View): Names {
    if (view === lastView) return lastNames
    const names = views.get(view) ?? new Map<Name, Judgement>()
    views.set(view, names)
    lastView = view
    lastNames = names
    return names
  }

  function judge(client: Client, name: Name, type: number): Judgement {
    const names = namesOf(client.view)
    const known = names.get(name)
    if (known === undefined) return judgeAnew(names, client, name, type)
    known.visited = true
    if (known.lasts || known.holdsAt(wallClock())) return known
    ring.remove(known)
    return judgeAnew(names, client, name, type)
  }

  function judgeAnew(names: Names, client: Client, name: Name, type: number): Judgement {
    const wall = wallClock()
    const judgement = new Judgement(names, name, decideName(client.view, name, wall), client.view.hasEnds ? wall : undefined)
    if (!judgement.local && isDenial(judgement.verdict)) observer.onDenied(client, name, type, judgement.verdict)
    names.set(name, judgement)
    ring.add(judgement, VERDICT_OCTETS + name.length + (judgement.metered === undefined ? 0 : METERED_OCTETS))
    return judgement
  }

  function denyType(client: Client, judgement: Judgement, type: number): Settled {
    if (judgement.typeDenial !== undefined) return judgement.typeDenial
    const verdict = decide(client.view, judgement.name, type, wallClock())
    if (verdict.kind === 'allow') throw new TypeError(`type ${type} of ${judgement.name} is not denied`)
    observer.onDenied(client, judgement.name, type, verdict)
    judgement.typeDenial = denialOf(verdict)
    return judgement.typeDenial
  }

  return {
    judge,
    denyType,
    keep: (judgement, settled) => ring.grow(judgement, judgement.keep(settled)),
    retain: (lasting) => {
      for (const [view, names] of views) {
        if (lasting.has(view)) continue
        for (const judgement of names.values()) ring.remove(judgement)
        views.delete(view)
      }
      lastView = undefined
      lastNames = new Map()
    },
    get size() {
      let size = 0
      for (const names of views.values()) size += names.size
      return size
    },
  }
}

function isDenial(verdict: Verdict): boolean {
  return verdict.kind === 'deny' || verdict.audited !== undefined
}
