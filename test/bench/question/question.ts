import type { Place } from '../place.ts'
import type { Subject } from '../subject/subject.ts'

/** One thing that is measured; a file each. */
export interface Question {
  readonly key: string
  readonly title: string
  readonly unit: string
  readonly better: 'more' | 'less'
  /** undefined: this subject does not do such a thing. Throws if what came back was not the answer that was asked for. */
  measure(place: Place, subject: Subject, effort: Effort): Promise<number | undefined>
}

export interface Effort {
  readonly seconds: number
}
