// Are the kernel and the book in step? What failed, or was changed by others, is mended with a later tick.

import { NetlinkError, SystemError } from '../linux/error.ts'
import type { Logger } from '../log.ts'
import { ForeignTableError } from './table.ts'

export interface StepPorts {
  readonly log: Logger
  readonly leaseClock: () => number
  /** Makes the kernel what book and rules say, whatever is there. Throws what the kernel says. */
  synchronise(): void
  /** They are out of step: what was acknowledged may be open no longer. */
  onLost(): void
}

export interface Step {
  /** Are kernel and book known to agree? While not, nothing is opened. */
  readonly isKept: boolean
  /** Makes the kernel what book and rules say, by `shortcut` if that can. What fails is tried again with later ticks. */
  bring(shortcut: () => boolean): void
  /** The same, whatever is there, and whoever has disturbed it. */
  mend(): void
  /** What the kernel does not take is mended with a later tick. */
  attempt(act: () => void): void
  /** Somebody has changed what is ours. */
  disturb(): void
  isMendDue(): boolean
}

/** Foreign changes may come in floods, and mending reads everything back. */
const LEAST_MEND_MS = 500

export function createStep({ log, leaseClock, synchronise, onLost }: StepPorts): Step {
  let isKept = true
  let isDisturbed = false
  let lastMend = 0

  function bring(shortcut: () => boolean): void {
    try {
      if (!shortcut()) synchronise()
      if (!isKept) log.info('the kernel is in step again')
      isKept = true
    } catch (error) {
      if (!isKernelError(error)) throw error
      if (isKept) log.error({ reason: error.message }, 'the kernel is out of step with the policy: nothing is opened until it is mended')
      isKept = false
      onLost()
    }
  }

  function mend(): void {
    lastMend = leaseClock()
    isDisturbed = false
    bring(() => false)
  }

  function attempt(act: () => void): void {
    try {
      act()
    } catch (error) {
      if (!isKernelError(error)) throw error
      isDisturbed = true
    }
  }

  return {
    get isKept() {
      return isKept
    },
    bring,
    mend,
    attempt,
    disturb: () => {
      isDisturbed = true
    },
    isMendDue: () => (isDisturbed || !isKept) && leaseClock() - lastMend >= LEAST_MEND_MS,
  }
}

/** What a later try may mend. */
export function isKernelError(error: unknown): error is Error {
  return error instanceof NetlinkError || error instanceof SystemError || error instanceof ForeignTableError
}
