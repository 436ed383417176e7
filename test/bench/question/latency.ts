import { runDnsperf } from '../dnsperf.ts'
import type { Question } from './question.ts'

const PER_SECOND = 1_000

/** Time to a cached answer while 1,000 queries a second come in. */
function latency(percent: number): Question {
  return {
    key: `latency-p${percent}`,
    title: `cached, ${PER_SECOND.toLocaleString('en')} queries/s: p${percent}`,
    unit: ' µs',
    better: 'less',
    async measure(place, subject, { seconds }) {
      await runDnsperf(place, { list: place.lists.cached, seconds: 10, once: true })
      const { latencies, lost } = await runDnsperf(place, { list: place.lists.cached, seconds, perSecond: PER_SECOND })
      if (lost > 0) throw new Error(`${subject.name}: ${lost} queries were lost`)
      return latencies[Math.min(latencies.length - 1, Math.floor((latencies.length * percent) / 100))]! * 1000
    },
  }
}

export const latencies: readonly Question[] = [latency(50), latency(99)]
