import { runDnsperf } from '../dnsperf.ts'
import type { Question } from './question.ts'

/** The longest that slow subjects are given: smartdns opens about a hundred a second. */
const MOST_SECONDS = 10

/** Names never asked before, each with an address of its own that is opened in nftables. Only who opens addresses is counted, and only if it did. */
export const newNames: Question = {
  key: 'new',
  title: 'new names, address opened',
  unit: '/s',
  better: 'more',
  async measure(place, subject) {
    if (subject.countOpen === undefined) return undefined
    const { answersPerSecond, codes, completed } = await runDnsperf(place, { list: place.lists.fresh, seconds: MOST_SECONDS, once: true })
    if (codes.NOERROR !== completed) throw new Error(`${subject.name}: new names were answered ${JSON.stringify(codes)}`)
    const open = subject.countOpen(place)
    if (open < completed) throw new Error(`${subject.name}: ${completed} answers, but only ${open} addresses are open`)
    return answersPerSecond
  },
}
