import { setTimeout as pause } from 'node:timers/promises'
import { megabytesOfParts } from '../memory.ts'
import { prepareSallyport } from '../subject/sallyport.ts'
import { untilAnswer } from '../until-answer.ts'
import { bound, type OwnQuestion } from './question.ts'

/** What was needed to start is given back in that time. */
const REST_MS = 3_000

/** From the command to the first address handed out, and what both parts hold when nothing is asked any more. */
export const start: OwnQuestion = {
  key: 'start',
  figures: [
    { key: 'start', title: 'start to first answer', unit: ' ms', better: 'less', goal: bound(300) },
    { key: 'start-memory', title: 'memory at rest, resolver and updater', unit: ' MB', better: 'less', goal: bound(130) },
  ],
  async measure(place) {
    const { command, down } = prepareSallyport(place)
    const start = () => untilAnswer(place, place.lists.cachedNames[0]!, command)
    // What is kept for the next start is made by the first.
    const { end: endFirst } = await start()
    await endFirst()
    down()
    const { milliseconds, pid, end } = await start()
    await pause(REST_MS)
    const [resolver, updater] = megabytesOfParts(pid)
    await end()
    down()
    return { start: milliseconds, 'start-memory': resolver! + updater! }
  },
}
