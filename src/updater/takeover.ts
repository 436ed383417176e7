// What an earlier updater left open is taken over: read from the kernel in slices while requests are served, judged by the policy of now, and
// written into the book. What nobody has read yet stays open meanwhile, and whoever asks for it has it looked up by itself.

import { parseAddress } from '../net/address.ts'
import type { Policy } from '../policy/policy.ts'
import { breathe } from '../zones/breath.ts'
import type { LeaseBook } from './book.ts'
import type { Firewall, FoundElement } from './firewall.ts'
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
  /** Takes over those of these elements that are there, where nobody has read them yet. Throws what the kernel says. */
  meet(specs: readonly ElementSpec[]): void
  /** Reads all the rest now, for whoever is to make the kernel what the book says. Returns what nobody may have open. Throws what the kernel says. */
  finish(): readonly ElementSpec[]
  /** Resolves when all has been read, or cannot be at present. */
  settled(): Promise<void>
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
/** One that tells nothing new is the last. Others may have missed some: while they go on elements end, and the kernel enlarges hash tables. */
const MOST_READINGS = 8

export function createTakeover(ports: TakeoverPorts): Takeover {
  const { book, firewall, leaseClock } = ports
  let isDone = false
  let isClosed = false
  let running: Promise<void> | undefined
  let strays = new Map<string, ElementSpec>()
  let [found, kept, reading] = [0, 0, 0]
  let steps = readings()

  /** A slice a step: what has to be written for it. */
  function* readings(): Generator<readonly ElementWrite[], undefined> {
    for (reading = 1; reading <= MOST_READINGS; reading++) {
      const before = found
      for (const specs of firewall.leftovers()) yield take(lookAt(specs), () => true)
      if (found === before) return
    }
  }

  /** Undefined: that was all. */
  function step(): readonly ElementWrite[] | undefined {
    try {
      const { value } = steps.next()
      isDone = value === undefined
      if (isDone) ports.onDone(found, kept)
      return value
    } catch (error) {
      steps = readings()
      throw error
    }
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
    const nameless = new Set(there.filter((one) => !isNamed(one)).map(({ element }) => elementText(element.spec)))
    return put.filter(({ spec }) => !nameless.has(elementText(spec)))
  }

  /** Those that are there. What else their holders are entitled to may be there as well, for others too, and is looked at with them. */
  function lookAt(specs: readonly ElementSpec[]): readonly Judged[] {
    const judge = ports.judgeNow()
    const there: Judged[] = []
    const seen = new Set<string>()
    const isNew = (spec: ElementSpec): boolean => {
      const text = elementText(spec)
      if (book.hasElement(spec) || strays.has(text) || seen.has(text)) return false
      seen.add(text)
      return true
    }
    for (let wanted = specs.filter(isNew); wanted.length > 0; ) {
      const present = firewall.look(wanted, leaseClock()).map((element) => {
        return { element, judgements: holdersOf(element, ports.policy()).map((holder) => [holder, judge(holder)] as const) }
      })
      there.push(...present)
      wanted = present.flatMap(({ judgements }) => judgements.flatMap(([, entitled]) => entitled ?? [])).filter(isNew)
    }
    return there
  }

  /** As the kernel has it. */
  function note({ element: { spec, until, comment }, judgements }: Judged): void {
    const openings = judgements.map(([holder]) => ({ ...holder, specs: [spec] }))
    if (openings.length > 0) book.record(openings, [{ spec, until, comment, renew: false }])
  }

  /** But for what has been opened again meanwhile. */
  function takeStrays(): readonly ElementSpec[] {
    const gone = [...strays.values()].filter((spec) => !book.hasElement(spec))
    strays = new Map()
    return gone
  }

  function closeStrays(): void {
    const gone = takeStrays()
    if (gone.length > 0) ports.close(gone)
  }

  /** False: that was all. */
  function goOn(): boolean {
    const before = reading
    const put = step()
    if (put !== undefined && put.length > 0) ports.write(put)
    if (isDone || reading !== before || strays.size >= STRAYS_AT_ONCE) closeStrays()
    return !isDone
  }

  async function run(): Promise<void> {
    try {
      while (!isClosed && !isDone && goOn()) await breathe()
    } catch (error) {
      if (!isKernelError(error)) throw error
      ports.onFailed(error)
    }
  }

  return {
    get isDone() {
      return isDone
    },
    begin: () => {
      const end = performance.now() + LONGEST_AT_ONCE_MS
      while (found < ELEMENTS_AT_ONCE && performance.now() < end) if (!goOn()) return
      running = run()
    },
    meet: (specs) => {
      if (isDone) return
      // What does not tell whose it is may be somebody's who is still to be read.
      const put = take(lookAt(specs), isNamed)
      if (put.length > 0) ports.write(put)
      // With the names of before, or it would keep them.
      if (specs.some((spec) => strays.has(elementText(spec)))) closeStrays()
    },
    finish: () => {
      while (!isDone) step()
      return takeStrays()
    },
    settled: async () => running,
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
