import { runDnsperf } from '../dnsperf.ts'
import { percentile } from '../statistics.ts'
import { type Question, timesPeer } from './question.ts'

const PER_SECOND = 1_000
const TITLE = `cached, ${PER_SECOND.toLocaleString('en')} queries/s`

/** Time to a cached answer at a rate that keeps nobody busy. */
export const latency: Question = {
  key: 'latency',
  figures: [
    { key: 'latency-p50', title: `${TITLE}: p50`, unit: ' µs', better: 'less', goal: timesPeer(1.5, 'dnsmasq') },
    { key: 'latency-p99', title: `${TITLE}: p99`, unit: ' µs', better: 'less', goal: timesPeer(1, 'unbound') },
  ],
  async measure(place, subject, _running, { seconds }) {
    await runDnsperf(place, { list: place.lists.cached, seconds: 10, once: true })
    const { latencies, lost } = await runDnsperf(place, { list: place.lists.cached, seconds, perSecond: PER_SECOND })
    if (lost > 0) throw new Error(`${subject.name}: ${lost} queries were lost`)
    return { 'latency-p50': percentile(latencies, 50) * 1000, 'latency-p99': percentile(latencies, 99) * 1000 }
  },
}
