import { runDnsperf } from '../dnsperf.ts'
import type { Question } from './question.ts'

/** Names that the server itself says no to, without asking anybody. */
export const denied: Question = {
  key: 'denied',
  title: 'denied',
  unit: '/s',
  better: 'more',
  async measure(place, subject, { seconds }) {
    const { answersPerSecond, codes, completed } = await runDnsperf(place, { list: place.lists.denied, seconds })
    const refused = (codes.NXDOMAIN ?? 0) + (subject.name === 'smartdns' ? (codes.NOERROR ?? 0) : 0)
    if (refused !== completed) throw new Error(`${subject.name}: denied names were answered ${JSON.stringify(codes)}`)
    return answersPerSecond
  },
}
