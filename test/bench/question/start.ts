import { setTimeout as pause } from 'node:timers/promises'
import { processorSeconds } from '../cost.ts'
import { megabytesOfParts } from '../memory.ts'
import type { Place } from '../place.ts'
import { type Home, prepareSallyport } from '../subject/sallyport.ts'
import { untilAnswer } from '../until-answer.ts'
import { bound, type OwnQuestion } from './question.ts'

/** What was needed to start is given back in that time. */
const REST_MS = 3_000

/** From the command to the first address handed out, and what both parts hold when nothing is asked any more. */
export const start: OwnQuestion = {
  key: 'start',
  figures: [
    { key: 'start', title: 'start to first answer', unit: ' ms', better: 'less', goal: bound(300) },
    { key: 'start-cores', title: 'start to first answer, on both cores', unit: ' ms', better: 'less', goal: bound(300) },
    { key: 'start-processor', title: 'start to first answer, processor time', unit: ' ms', better: 'less' },
    { key: 'start-memory', title: 'memory at rest, resolver and updater', unit: ' MB', better: 'less', goal: bound(130) },
  ],
  async measure(place) {
    const home = prepareSallyport(place)
    // What is kept for the next start is made by the first.
    await startOnce(place, home, true)
    const { milliseconds, processor, megabytes } = await startOnce(place, home, true)
    const { milliseconds: onBoth } = await startOnce(place, home, false)
    return { start: milliseconds, 'start-cores': onBoth, 'start-processor': processor, 'start-memory': megabytes }
  },
}

async function startOnce(place: Place, { command, down }: Home, isPinned: boolean) {
  const { milliseconds, pid, end } = await untilAnswer(place, place.lists.cachedNames[0]!, command, isPinned)
  const processor = processorSeconds(pid) * 1000
  await pause(REST_MS)
  const megabytes = megabytesOfParts(pid).reduce((sum, each) => sum + each)
  await end()
  down()
  return { milliseconds, processor, megabytes }
}
