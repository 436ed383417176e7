// Metrics as values: a family is one metric with all its samples.

import { LATENCY_BOUNDS_SECONDS, type Latency } from '../latency.ts'

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels?: Labels
  readonly value: number
  /** Parts of a histogram have names of their own. */
  readonly metricName?: string
}

/** One metric with all its samples. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly samples: readonly Sample[]
}

export function counter(name: string, help: string, samples: number | readonly Sample[]): Family {
  return { name: `sallyport_${name}`, help, type: 'counter', samples: typeof samples === 'number' ? [{ value: samples }] : samples }
}

export function gauge(name: string, help: string, samples: number | readonly Sample[]): Family {
  return { ...counter(name, help, samples), type: 'gauge' }
}

export function histogram(
  name: string,
  help: string,
  latencies: readonly { readonly labels: Labels; readonly latency: Latency }[],
): Family {
  const full = `sallyport_${name}`
  return {
    name: full,
    help,
    type: 'histogram',
    samples: latencies.flatMap(({ labels, latency }) => histogramSamples(full, labels, latency)),
  }
}

/** Buckets of the text format have those before them in them. */
function histogramSamples(name: string, labels: Labels, { counts, seconds }: Latency): readonly Sample[] {
  let count = 0
  const buckets = counts.map((own, index): Sample => {
    count += own
    return { metricName: `${name}_bucket`, labels: { ...labels, le: String(LATENCY_BOUNDS_SECONDS[index] ?? '+Inf') }, value: count }
  })
  return [...buckets, { metricName: `${name}_sum`, labels, value: seconds }, { metricName: `${name}_count`, labels, value: count }]
}
