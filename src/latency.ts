// How long something took, by how often it took no longer than each bound: plain numbers, raised in place and read by metrics.

/** A tick of a netlink transaction at one end, an upstream that is given up at the other. */
export const LATENCY_BOUNDS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const

export interface Latency {
  /** One a bound, each without those before it; the last has what took longer than all. */
  readonly counts: number[]
  seconds: number
}

export function createLatency(): Latency {
  return { counts: Array.from({ length: LATENCY_BOUNDS_SECONDS.length + 1 }, () => 0), seconds: 0 }
}

export function countLatency(latency: Latency, milliseconds: number): void {
  const seconds = milliseconds / 1000
  let index = 0
  while (index < LATENCY_BOUNDS_SECONDS.length && seconds > LATENCY_BOUNDS_SECONDS[index]!) index++
  latency.counts[index]!++
  latency.seconds += seconds
}
