import { processorSeconds } from '../cost.ts'
import { runDnsperf } from '../dnsperf.ts'
import { atLeastBest, type Question } from './question.ts'

/** Names that the server itself says no to, without asking anybody. */
export const denied: Question = {
  key: 'denied',
  figures: [
    { key: 'denied', title: 'denied', unit: '/s', better: 'more', goal: atLeastBest(1) },
    { key: 'denied-cost', title: 'denied a second of processor time', unit: '/s', better: 'more' },
  ],
  async measure(place, subject, { pid }, { seconds }) {
    const before = processorSeconds(pid)
    const { answersPerSecond, codes, completed } = await runDnsperf(place, { list: place.lists.denied, seconds })
    // smartdns says no with an empty answer, and an SOA that sets no other RCODE.
    const refused = (codes.NXDOMAIN ?? 0) + (subject.name === 'smartdns' ? (codes.NOERROR ?? 0) : 0)
    if (refused !== completed) throw new Error(`${subject.name}: denied names were answered ${JSON.stringify(codes)}`)
    return { denied: answersPerSecond, 'denied-cost': completed / (processorSeconds(pid) - before) }
  },
}
