// After somebody else has changed what is ours, or what was changed has not been heard of: in slices, while requests are served, all that the book
// holds is looked up by its key and written again where it is missing or other, and what is there beside it is closed.

import { breathe } from '../zones/breath.ts'
import type { LeaseBook } from './book.ts'
import { isAsWritten } from './element.ts'
import type { Firewall } from './firewall.ts'
import { type Element, type ElementSpec, type ElementWrite, elementText } from './lease.ts'
import { slicesOf } from './slices.ts'
import { isKernelError } from './step.ts'

export interface RepairPorts {
  readonly book: LeaseBook
  readonly firewall: Pick<Firewall, 'leftovers' | 'look'>
  readonly leaseClock: () => number
  /** Does the book know all that may be open? What is there beside it is left alone until then. */
  isComplete(): boolean
  write(put: readonly ElementWrite[]): void
  /** Nobody may have these open. */
  close(strays: readonly ElementSpec[]): void
  /** The kernel does not say, or somebody has changed something meanwhile: to be begun again. */
  onUnsure(): void
}

export interface Repair {
  readonly isUnderWay: boolean
  /** What takes no longer than a moment at once, the rest in the background. Throws what the kernel says. */
  begin(): void
  /** Those of these elements that are in the book are in the kernel afterwards. Throws what the kernel says. */
  meet(specs: readonly ElementSpec[]): void
  close(): Promise<void>
}

type Fetch = () => Promise<void>

/** Looked up in one go, for some 5 ms. */
const ELEMENTS_AT_ONCE = 512
const LONGEST_AT_ONCE_MS = 50
/** While others go on adding there may be some in each. */
const MOST_READINGS = 8

export function createRepair({ book, firewall, leaseClock, ...ports }: RepairPorts): Repair {
  let steps: Generator<Fetch | undefined> | undefined
  let running: Promise<void> | undefined
  let isWanted = false
  let isClosed = false

  /** A slice a step. What it yields may be awaited before the next. */
  function* repair(): Generator<Fetch | undefined> {
    let refusal: Error | undefined
    for (const elements of slicesOf(book.elements(), ELEMENTS_AT_ONCE)) {
      refusal = refusalOf(() => compare(elements)) ?? refusal
      yield undefined
    }
    // What has no room may have it as soon as that is closed which takes it.
    if (ports.isComplete()) yield* closeStrays()
    if (refusal !== undefined) throw refusal
  }

  /** As the kernel makes a hash table smaller that has lost elements, a reading may miss some: one that finds none is the last. */
  function* closeStrays(): Generator<Fetch> {
    let isAny = true
    for (let reading = 1; isAny && reading <= MOST_READINGS; reading++) {
      isAny = false
      const leftovers = firewall.leftovers()
      try {
        for (const specs of leftovers.slices) {
          const strays = specs.filter((spec) => !book.hasElement(spec))
          if (strays.length > 0) ports.close(strays)
          isAny ||= strays.length > 0
          yield leftovers.fetch
        }
      } finally {
        leftovers.close()
      }
    }
  }

  /** Of the book's elements, writes those that are not in the kernel as they should be. */
  function compare(elements: readonly Element[]): void {
    const now = leaseClock()
    const specs = elements.map(({ spec }) => spec)
    const found = new Map(firewall.look(specs, now).map((each) => [elementText(each.spec), each]))
    const put = elements.flatMap((element) => {
      const there = found.get(elementText(element.spec))
      if (element.until <= now || (there !== undefined && isAsWritten(element, there))) return []
      return [{ ...element, renew: there !== undefined }]
    })
    if (put.length > 0) ports.write(put)
  }

  function begin(): void {
    isWanted = steps !== undefined
    if (isWanted) return
    const current = repair()
    const end = performance.now() + LONGEST_AT_ONCE_MS
    while (performance.now() < end) if (current.next().done) return
    steps = current
    running = run(current).finally(() => {
      steps = undefined
      running = undefined
    })
  }

  async function run(current: Generator<Fetch | undefined>): Promise<void> {
    try {
      for (const fetch of current) {
        await fetch?.()
        await breathe()
        if (isClosed) return
      }
      if (isWanted) ports.onUnsure()
    } catch (error) {
      if (!isKernelError(error)) throw error
      ports.onUnsure()
    }
  }

  return {
    get isUnderWay() {
      return steps !== undefined
    },
    begin,
    meet: (specs) => {
      if (steps !== undefined) compare(book.elementsOf(specs))
    },
    close: async () => {
      isClosed = true
      await running
    },
  }
}

/** What the kernel has against it, if anything. */
function refusalOf(act: () => void): Error | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (!isKernelError(error)) throw error
    return error
  }
}
