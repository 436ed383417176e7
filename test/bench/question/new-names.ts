import { processorSeconds } from '../cost.ts'
import { runDnsperf } from '../dnsperf.ts'
import type { Place } from '../place.ts'
import type { Subject } from '../subject/subject.ts'
import { type Question, timesPeer } from './question.ts'

/** The longest that slow subjects are given for a third of the names. */
const MOST_SECONDS = 30

/**
 * Names never asked before, each with an address of its own that is opened in nftables. Only who opens addresses is counted, and only if it did.
 * The first third finds whoever is measured as it has started; the last is asked when it has run for a while, as it mostly has.
 */
export const newNames: Question = {
  key: 'new',
  figures: [
    { key: 'new', title: 'new names, address opened, from the start on', unit: '/s', better: 'more', goal: timesPeer(4, 'dnsmasq') },
    { key: 'new-cost', title: 'the same a second of processor time', unit: '/s', better: 'more' },
    {
      key: 'new-later',
      title: 'new names, address opened, after 100,000 others',
      unit: '/s',
      better: 'more',
      goal: timesPeer(4, 'dnsmasq'),
    },
    { key: 'new-later-cost', title: 'the same a second of processor time', unit: '/s', better: 'more' },
  ],
  async measure(place, subject, { pid }) {
    if (subject.countOpen === undefined) return {}
    const first = await measureThird(place, subject, pid, 0)
    await measureThird(place, subject, pid, 1)
    const last = await measureThird(place, subject, pid, 2)
    const [open, asked] = [subject.countOpen(place), place.lists.freshCount]
    if (open < asked) throw new Error(`${subject.name}: ${asked} answers, but only ${open} addresses are open`)
    return { new: first.speed, 'new-cost': first.perProcessorSecond, 'new-later': last.speed, 'new-later-cost': last.perProcessorSecond }
  },
}

async function measureThird(place: Place, subject: Subject, pid: number, third: number) {
  const count = place.lists.freshCount / 3
  const list = place.lists.writeFresh('fresh.txt', third * count, count)
  const before = processorSeconds(pid)
  const { answersPerSecond, codes, completed } = await runDnsperf(place, { list, seconds: MOST_SECONDS, once: true })
  const spent = processorSeconds(pid) - before
  if (codes.NOERROR !== count) throw new Error(`${subject.name}: of ${count} new names were answered ${JSON.stringify(codes)}`)
  return { speed: answersPerSecond, perProcessorSecond: completed / spent }
}
