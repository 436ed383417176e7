import { runDnsperf } from '../dnsperf.ts'
import { megabytesOfParts } from '../memory.ts'
import { type Place, writeConfiguration } from '../place.ts'
import { reloadUnderLoad } from '../reload.ts'
import { type Home, prepareSallyport, startSallyport } from '../subject/sallyport.ts'
import type { Running } from '../subject/subject.ts'
import { bound, type Effort, type OwnQuestion } from './question.ts'

const FEW = 100
const MANY = 100_000

/** What a hundred thousand entries cost, against a hundred: speed, memory, and a reload while clients ask. */
export const rules: OwnQuestion = {
  key: 'rules',
  figures: [
    { key: 'rules-cached', title: '100,000 entries: cached, of the speed with 100', unit: ' %', better: 'more', goal: bound(95) },
    { key: 'rules-denied', title: '100,000 entries: denied, of the speed with 100', unit: ' %', better: 'more', goal: bound(95) },
    { key: 'rules-memory', title: '100,000 entries: more memory in a process', unit: ' MB', better: 'less', goal: bound(40) },
    { key: 'rules-load', title: '100,000 entries: from a change to the answer by it', unit: ' ms', better: 'less', goal: bound(500) },
    {
      key: 'rules-delay',
      title: '100,000 entries: longest answer meanwhile, beyond the longest without',
      unit: ' ms',
      better: 'less',
      goal: bound(10),
    },
  ],
  async measure(place, effort) {
    const few = await withEntries(place, FEW, (running) => measureSpeed(place, running, effort))
    const { reload, ...many } = await withEntries(place, MANY, async (running, home) => ({
      ...(await measureSpeed(place, running, effort)),
      reload: await measureReload(place, home),
    }))
    return {
      'rules-cached': (100 * many.cached) / few.cached,
      'rules-denied': (100 * many.denied) / few.denied,
      'rules-memory': Math.max(...many.memory.map((megabytes, part) => megabytes - few.memory[part]!)),
      ...reload,
    }
  },
}

async function withEntries<T>(place: Place, count: number, measure: (running: Running, home: Home) => Promise<T>): Promise<T> {
  const home = prepareSallyport(place, entries(count))
  const running = await startSallyport(place, home)
  try {
    return await measure(running, home)
  } finally {
    await running.stop()
  }
}

export function entries(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `n${index}.entries.example`)
}

async function measureSpeed(place: Place, { pid }: Running, { seconds }: Effort) {
  await runDnsperf(place, { list: place.lists.cached, seconds: 10, once: true })
  const memory = megabytesOfParts(pid)
  const cached = await runDnsperf(place, { list: place.lists.cached, seconds })
  const denied = await runDnsperf(place, { list: place.lists.denied, seconds })
  return { memory, cached: cached.answersPerSecond, denied: denied.answersPerSecond }
}

/** One entry more. */
async function measureReload(place: Place, { folder }: Home) {
  const [name] = place.lists.late
  const next = writeConfiguration(folder, 'next', `${entries(MANY).join('\n')}\n${name}\n`)
  const { untilAnswerMs, delayMs } = await reloadUnderLoad(place, name, ['mv', next, `${folder}/zones/more.zone`])
  return { 'rules-load': untilAnswerMs, 'rules-delay': delayMs }
}
