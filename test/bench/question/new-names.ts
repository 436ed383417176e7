import { processorSeconds } from '../cost.ts'
import { runDnsperf } from '../dnsperf.ts'
import { type Question, timesPeer } from './question.ts'

/** The longest that slow subjects are given. */
const MOST_SECONDS = 10

/** Names never asked before, each with an address of its own that is opened in nftables. Only who opens addresses is counted, and only if it did. */
export const newNames: Question = {
  key: 'new',
  figures: [
    { key: 'new', title: 'new names, address opened', unit: '/s', better: 'more', goal: timesPeer(4, 'dnsmasq') },
    { key: 'new-cost', title: 'new names a second of processor time', unit: '/s', better: 'more' },
  ],
  async measure(place, subject, { pid }) {
    if (subject.countOpen === undefined) return {}
    const before = processorSeconds(pid)
    const { answersPerSecond, codes, completed } = await runDnsperf(place, { list: place.lists.fresh, seconds: MOST_SECONDS, once: true })
    const spent = processorSeconds(pid) - before
    if (codes.NOERROR !== completed) throw new Error(`${subject.name}: new names were answered ${JSON.stringify(codes)}`)
    const open = subject.countOpen(place)
    if (open < completed) throw new Error(`${subject.name}: ${completed} answers, but only ${open} addresses are open`)
    return { new: answersPerSecond, 'new-cost': completed / spent }
  },
}
