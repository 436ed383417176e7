// What an earlier updater left open is taken over: read from the kernel in slices while requests are served and policies change, judged by the
// policy of that moment, and written into the book. What nobody has read yet stays open meanwhile, and whoever needs it has it looked up by itself.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Address, parseAddress } from '../net/address.ts'
import type { Prefix } from '../net/prefix.ts'
import { createMatcher } from '../net/prefix-table.ts'
import type { Policy } from '../policy/policy.ts'
import { breathe } from '../zones/breath.ts'
import type { LeaseBook } from './book.ts'
import { vanishedPrefixes } from './departure.ts'
import type { Firewall, FoundElement, Leftovers } from './firewall.ts'
import { type ElementSpec, type ElementWrite, elementText, type Grant, type Holder } from './lease.ts'
import { isKernelError } from './step.ts'

export interface TakeoverPorts {
  readonly book: LeaseBook
  readonly firewall: Pick<Firewall, 'leftovers' | 'look'>
  readonly leaseClock: () => number
  policy(): Policy
  judgeNow(): (holder: Holder) => readonly ElementSpec[] | undefined
  /** What is in the book has to be written. */
  write(put: readonly ElementWrite[]): void
  /** Nobody may have these open any more. */
  close(strays: readonly ElementSpec[]): void
  /** All has been read. */
  onDone(found: number, kept: number): void
  /** What is there cannot be read: to be tried again with `finish`. */
  onFailed(error: Error): void
}

export interface Takeover {
  readonly isDone: boolean
  /** Takes over at once what takes no longer than a moment, and the rest in the background. Throws what the kernel says. */
  begin(): void
  /** Goes on in the background if it has failed. */
  resume(): void
  /** Takes over those of these elements that are there, where nobody has read them yet. Throws what the kernel says. */
  meet(specs: readonly ElementSpec[]): void
  /** The policy is another from now on; nothing is taken over of clients that it knows no longer. */
  follow(policy: Policy): void
  /** What judging anew has to write, and what nobody has read yet may hold already: with its holders. Throws what the kernel says. */
  join(put: readonly ElementWrite[]): readonly ElementWrite[]
  /** Of what nobody in the book holds any more, what may be closed now: where an element does not tell whose it is, who has it open may be still to be read. */
  closable<Spec extends ElementSpec>(specs: readonly Spec[]): readonly Spec[]
  /** Reads nothing more until that is done. */
  halt(act: () => Promise<void>): Promise<void>
  /** Reads all the rest now, for whoever is to make the kernel what the book says. Returns what nobody may have open. Throws what the kernel says. */
  finish(): readonly ElementSpec[]
  /** Resolves when nothing is left to be read that clients which have gone meanwhile may have open, or it cannot be read at present. */
  departuresClosed(): Promise<void>
  close(): Promise<void>
}

/** What is there, who holds it, and to what they are entitled now: undefined for nothing. */
interface Judged {
  readonly element: FoundElement
  readonly judgements: readonly (readonly [Grant, readonly ElementSpec[] | undefined])[]
}

/** Of what is found in the kernel nobody knows when DNS named it last: it stays until its end, and no use extends it before DNS speaks again. */
const UNCONFIRMED = { freshUntil: 0, confirmedUntil: 0 }
const LOOPBACK = parseAddress('127.0.0.1')!
/** Takes some 50 ms; longer where there are many beside them that are other people's. */
const ELEMENTS_AT_ONCE = 4_096
const LONGEST_AT_ONCE_MS = 500
/** Each time that something is closed all rules are written, however much it is. */
const STRAYS_AT_ONCE = 4_096
const LONGEST_ASTRAY_MS = 250
const NOTHING_AHEAD = () => {}
/** One that tells nothing new is the last. Others may have missed some: while they go on elements end, and the kernel enlarges hash tables. */
const MOST_READINGS = 8

export function createTakeover(ports: TakeoverPorts): Takeover {
  const { book, firewall, leaseClock } = ports
  let isDone = false
  let isClosed = false
  let running: Promise<void> | undefined
  let halted: Promise<void> | undefined
  let policy: Policy | undefined
  /** What a change has taken back may be among what is still to be read: until it has been, only whoever waits in this process goes first. */
  let isPressing = false
  let departed: readonly Prefix[] = []
  let isDeparted = (_source: Address): boolean => false
  let strays = new Map<string, ElementSpec>()
  let closedAt = performance.now()
  /** Nobody in the book holds them, and whether anybody else does is not known before the end. */
  const nameless = new Map<string, ElementSpec>()
  let [found, kept, reading] = [0, 0, 0]
  let leftovers: Leftovers | undefined
  let steps = readings()

  /** A slice a step. */
  function* readings(): Generator<readonly ElementSpec[], undefined> {
    for (reading = 1; reading <= MOST_READINGS; reading++) {
      const before = found
      const current = firewall.leftovers()
      leftovers = current
      try {
        yield* current.slices
      } finally {
        current.close()
      }
      if (found === before) return
    }
  }

  /** Takes over the next slice, and returns what has to be written for it; undefined: that was all. `onRead` is called when the kernel may fill another. */
  function step(onRead: () => void): readonly ElementWrite[] | undefined {
    try {
      const { value: specs } = steps.next()
      isDone = specs === undefined
      if (specs === undefined) return void end()
      onRead()
      return take(lookAt(specs.filter(isUnread)), () => true)
    } catch (error) {
      beginAnew()
      throw error
    }
  }

  function beginAnew(): void {
    steps.return(undefined)
    steps = readings()
  }

  function end(): void {
    strays = new Map([...nameless, ...strays])
    ports.onDone(found, kept)
  }

  /** Into the book; returns what has to be written for it. What nobody in the book holds then is a stray, if it may be. */
  function take(there: readonly Judged[], mayStray: (one: Judged) => boolean): readonly ElementWrite[] {
    for (const one of there) note(one)
    const judged = new Map<Holder, readonly ElementSpec[] | undefined>(there.flatMap(({ judgements }) => judgements))
    const { put, remove } = book.rejudge((holder) => judged.get(holder), judged.keys())
    const isHeld = ({ element }: Judged): boolean => book.hasElement(element.spec)
    const [held, unheld] = [there.filter(isHeld), there.filter((one) => !isHeld(one) && mayStray(one))]
    for (const spec of [...remove, ...unheld.map(({ element }) => element.spec)]) strays.set(elementText(spec), spec)
    found += held.length + unheld.length
    kept += held.length
    // Where an element does not tell whose it is, others may hold it for longer, who are still to be read.
    const lasting = new Map(there.filter((one) => !isNamed(one)).map(({ element }) => [elementText(element.spec), element.until]))
    return put.filter(({ spec, until }) => until > (lasting.get(elementText(spec)) ?? 0))
  }

  function isUnread(spec: ElementSpec): boolean {
    return !book.hasElement(spec) && (strays.size === 0 || !strays.has(elementText(spec)))
  }

  /** Those that are there. What else their holders are entitled to may be there as well, for others too, and is looked at with them. */
  function lookAt(specs: readonly ElementSpec[]): readonly Judged[] {
    const judge = ports.judgeNow()
    const there: Judged[] = []
    const seen = new Set<string>()
    const isNew = (spec: ElementSpec): boolean => seen.size < seen.add(elementText(spec)).size
    for (let wanted = specs.filter(isNew); wanted.length > 0; ) {
      const present = firewall.look(wanted, leaseClock()).map((element) => judgeFound(element, judge))
      there.push(...present)
      const entitled = present.flatMap(({ judgements }) => judgements.flatMap(([, specs]) => specs ?? []))
      wanted = entitled.filter((spec) => isUnread(spec) && isNew(spec))
    }
    return there
  }

  function judgeFound(element: FoundElement, judge: (holder: Holder) => readonly ElementSpec[] | undefined): Judged {
    const holders = holdersOf(element, ports.policy())
    return { element, judgements: holders.map((holder) => [holder, isDeparted(holder.source) ? undefined : judge(holder)] as const) }
  }

  /** As the kernel has it; what judging anew has just given to others is to be written for all. */
  function note({ element: { spec, until, comment }, judgements }: Judged): void {
    const openings = judgements.map(([holder]) => ({ ...holder, specs: [spec] }))
    const isWritten = !book.hasElement(spec)
    if (openings.length > 0) book.record(openings, isWritten ? [{ spec, until, comment, renew: false }] : [])
  }

  /** But for what has been opened again meanwhile. */
  function takeStrays(): readonly ElementSpec[] {
    const gone = [...strays.values()].filter((spec) => !book.hasElement(spec))
    strays = new Map()
    return gone
  }

  function closeStrays(): void {
    closedAt = performance.now()
    const gone = takeStrays()
    if (gone.length > 0) ports.close(gone)
  }

  /** False: that was all. */
  function goOn(onRead: () => void): boolean {
    const before = reading
    const put = step(onRead)
    if (put !== undefined && put.length > 0) ports.write(put)
    const isTime = strays.size >= STRAYS_AT_ONCE || performance.now() - closedAt >= LONGEST_ASTRAY_MS
    if (isDone || reading !== before || isTime) closeStrays()
    return !isDone
  }

  async function run(): Promise<void> {
    let ahead: Promise<void> | undefined
    const fetch = () => {
      ahead = leftovers?.fetch()
      // Whoever waits for it hears of it.
      ahead?.catch(() => {})
    }
    try {
      // Whoever has begun this may be in the middle of mending.
      await nextTurn()
      while (!isClosed && !isDone && goOn(fetch)) {
        await Promise.all([ahead, isPressing ? nextTurn() : breathe()])
        // Whoever has halted us is to go first, and that with the book as it was.
        if (halted !== undefined) await halted.then(() => nextTurn())
      }
    } catch (error) {
      if (!isKernelError(error)) throw error
      ports.onFailed(error)
    }
  }

  function resume(): void {
    if (isDone || isClosed) return
    running ??= run().finally(() => {
      running = undefined
    })
  }

  return {
    get isDone() {
      return isDone
    },
    begin: () => {
      const end = performance.now() + LONGEST_AT_ONCE_MS
      while (found < ELEMENTS_AT_ONCE && performance.now() < end) if (!goOn(NOTHING_AHEAD)) return
      resume()
    },
    resume,
    meet: (specs) => {
      if (isDone) return
      // What does not tell whose it is may be somebody's who is still to be read.
      const put = take(lookAt(specs.filter(isUnread)), isNamed)
      if (put.length > 0) ports.write(put)
      // With the names of before, or it would keep them.
      if (specs.some((spec) => strays.has(elementText(spec)))) closeStrays()
    },
    follow: (next) => {
      if (isDone) return
      isPressing = policy !== undefined
      departed = [...departed, ...vanishedPrefixes(policy?.clients ?? [], next.clients)]
      isDeparted = createMatcher(departed)
      policy = next
    },
    join: (put) => {
      if (isDone) return put
      const added = put.filter(({ renew }) => !renew).map(({ spec }) => spec)
      const there = lookAt(added)
      const more = take(there, () => false)
      const shared = book.rewrite(added)
      return [...new Map([...put, ...more, ...shared].map((write) => [elementText(write.spec), write])).values()]
    },
    closable: (specs) => {
      if (isDone || ports.policy().guard !== 'forward') return specs
      for (const spec of specs) if (spec.lease.client === undefined) nameless.set(elementText(spec), spec)
      return specs.filter(({ lease }) => lease.client !== undefined)
    },
    halt: async (act) => {
      halted = act().finally(() => {
        halted = undefined
      })
      await halted
    },
    finish: () => {
      if (isDone) return takeStrays()
      // A slice of the reading of now may be on its way.
      beginAnew()
      while (!isDone) step(NOTHING_AHEAD)
      return takeStrays()
    },
    departuresClosed: async () => {
      if (departed.length > 0) await running
    },
    close: async () => {
      isClosed = true
      await running
      steps.return(undefined)
    },
  }
}

function isNamed({ judgements }: Judged): boolean {
  return judgements.length > 0
}

/** By its names. Where elements carry no client, all we know is that the namespace asked; where others do, theirs tell. */
function holdersOf({ spec, names, until }: FoundElement, policy: Policy): readonly Grant[] {
  if (spec.lease.client === undefined && policy.guard === 'forward') return []
  const source = spec.lease.client ?? LOOPBACK
  const { id: clientId, payer } = policy.clientAt(source)
  const address = spec.lease.destination
  return names.map((name) => ({ clientId, payer, source, name, address, ...UNCONFIRMED, until }))
}
