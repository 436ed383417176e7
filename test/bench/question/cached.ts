import { runDnsperf } from '../dnsperf.ts'
import type { Question } from './question.ts'

/** 1,000 allowed names that all have been asked before. */
export const cached: Question = {
  key: 'cached',
  title: 'cached answers',
  unit: '/s',
  better: 'more',
  async measure(place, subject, { seconds }) {
    await runDnsperf(place, { list: place.lists.cached, seconds: 10, once: true })
    const { answersPerSecond, codes, completed } = await runDnsperf(place, { list: place.lists.cached, seconds })
    if (codes.NOERROR !== completed) throw new Error(`${subject.name}: cached names were answered ${JSON.stringify(codes)}`)
    return answersPerSecond
  },
}
