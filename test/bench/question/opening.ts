import { runDnsperf } from '../dnsperf.ts'
import { type Place, UPSTREAM } from '../place.ts'
import { percentile } from '../statistics.ts'
import { prepareSallyport, startSallyport } from '../subject/sallyport.ts'
import { bound, type Figure, type OwnQuestion } from './question.ts'

const RATES = [1_000, 10_000] as const
const UPSTREAM_SERVER = { address: UPSTREAM, port: 53 }

/** What it takes from the upstream's answer to the client's, with the address opened between: the whole less what the upstream alone takes. */
export const opening: OwnQuestion = {
  key: 'opening',
  figures: RATES.flatMap((rate) => [
    figure(rate, 50, rate === 1_000 ? 150 : undefined),
    figure(rate, 99, rate === 1_000 ? 1_000 : undefined),
  ]),
  async measure(place, { isQuick }) {
    const share = isQuick ? 0.1 : 3
    const warmUp = place.lists.writeFresh('opening.txt', 0, 3_000 * share)
    const lists = RATES.map((rate, index) => place.lists.writeFresh(`opening-${rate}.txt`, (3_000 + index * 1_000) * share, rate * share))
    const alone = await measureAll(place, lists, UPSTREAM_SERVER)
    const running = await startSallyport(place, prepareSallyport(place))
    try {
      await runDnsperf(place, { list: warmUp, seconds: 10, once: true })
      return differences(await measureAll(place, lists), alone)
    } finally {
      await running.stop()
    }
  },
}

function figure(rate: number, percent: number, micros: number | undefined): Figure {
  const title = `answer → open, ${rate.toLocaleString('en')} new names/s: p${percent}`
  const goal = micros === undefined ? {} : { goal: bound(micros) }
  return { key: `opening-${rate}-p${percent}`, title, unit: ' µs', better: 'less', ...goal }
}

/** Latencies by rate. */
async function measureAll(place: Place, lists: readonly string[], server?: typeof UPSTREAM_SERVER) {
  const all: (readonly number[])[] = []
  for (const [index, list] of lists.entries()) {
    const load = { list, seconds: 10, once: true, perSecond: RATES[index]!, ...(server === undefined ? {} : { server }) }
    const { latencies, codes, completed } = await runDnsperf(place, load)
    if (codes.NOERROR !== completed) throw new Error(`new names were answered ${JSON.stringify(codes)}`)
    all.push(latencies)
  }
  return all
}

function differences(whole: readonly (readonly number[])[], alone: readonly (readonly number[])[]): Record<string, number> {
  const measured = RATES.flatMap((rate, index) =>
    [50, 99].map((percent) => {
      const milliseconds = percentile(whole[index]!, percent) - percentile(alone[index]!, percent)
      return [`opening-${rate}-p${percent}`, milliseconds * 1000] as const
    }),
  )
  return Object.fromEntries(measured)
}
