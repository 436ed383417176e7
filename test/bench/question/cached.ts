import { processorSeconds } from '../cost.ts'
import { runDnsperf } from '../dnsperf.ts'
import { atLeastBest, type Question } from './question.ts'

/** 1,000 allowed names that all have been asked before. */
export const cached: Question = {
  key: 'cached',
  figures: [
    { key: 'cached', title: 'cached answers', unit: '/s', better: 'more', goal: atLeastBest(1.1) },
    { key: 'cached-cost', title: 'cached answers a second of processor time', unit: '/s', better: 'more' },
  ],
  async measure(place, subject, { pid }, { seconds }) {
    await runDnsperf(place, { list: place.lists.cached, seconds: 10, once: true })
    const before = processorSeconds(pid)
    const { answersPerSecond, codes, completed } = await runDnsperf(place, { list: place.lists.cached, seconds })
    if (codes.NOERROR !== completed) throw new Error(`${subject.name}: cached names were answered ${JSON.stringify(codes)}`)
    return { cached: answersPerSecond, 'cached-cost': completed / (processorSeconds(pid) - before) }
  },
}
