// The text that Prometheus reads. Nothing counts in here: what others have counted is put into words when somebody asks. Home of prom-client,
// which is loaded only where metrics are served: it takes 20 MB and a tenth of a second.

import { type Metric, Registry } from 'prom-client'
import type { Family } from './family.ts'

export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

/** Text exposition format 0.0.4. */
export function formatMetrics(families: readonly Family[]): Promise<string> {
  const registry = new Registry()
  for (const { samples: values, ...family } of families) {
    // prom-client's own metrics want to count; all that the registry asks of one is what it reads.
    registry.registerMetric({ ...family, get: async () => ({ ...family, values }) } as unknown as Metric)
  }
  return registry.metrics()
}
