import type { Place } from '../place.ts'
import type { Running, Subject } from '../subject/subject.ts'

/** One number of the table, a row. */
export interface Figure {
  readonly key: string
  readonly title: string
  readonly unit: string
  readonly better: 'more' | 'less'
  readonly goal?: Goal
}

/** What sallyport is to reach: so many times what a peer does ('best': whichever does best), or a number of its own. */
export type Goal =
  | { readonly kind: 'ratio'; readonly times: number; readonly peer: string }
  | { readonly kind: 'bound'; readonly value: number }

/** Values by the keys of the figures. What a subject does not do is left out. */
export type Measured = Readonly<Record<string, number>>

/** One thing that is measured; a file each. */
export interface Question {
  readonly key: string
  readonly figures: readonly Figure[]
  /** Throws if what came back was not the answer that was asked for. */
  measure(place: Place, subject: Subject, running: Running, effort: Effort): Promise<Measured>
}

/** One thing about sallyport alone, in processes of its own. */
export interface OwnQuestion {
  readonly key: string
  readonly figures: readonly Figure[]
  measure(place: Place, effort: Effort): Promise<Measured>
}

export interface Effort {
  readonly seconds: number
  /** A single short round: smaller numbers of everything. */
  readonly isQuick: boolean
}

export function atLeastBest(times: number): Goal {
  return { kind: 'ratio', times, peer: 'best' }
}

export function timesPeer(times: number, peer: string): Goal {
  return { kind: 'ratio', times, peer }
}

export function bound(value: number): Goal {
  return { kind: 'bound', value }
}
