import { megabytesOfParts } from '../memory.ts'
import { prepareSallyport } from '../subject/sallyport.ts'
import { untilAnswer } from '../until-answer.ts'
import type { OwnQuestion } from './question.ts'
import { entries } from './rules.ts'

const MILLION = 1_000_000

/** A million entries: nobody's policy, but it must work. */
export const million: OwnQuestion = {
  key: 'million',
  figures: [
    { key: 'million-start', title: '1,000,000 entries: start to first answer', unit: ' ms', better: 'less' },
    { key: 'million-memory', title: '1,000,000 entries: memory of resolver and updater', unit: ' MB', better: 'less' },
  ],
  async measure(place) {
    const { command, down } = prepareSallyport(place, entries(MILLION))
    const { milliseconds, pid, end } = await untilAnswer(place, place.lists.cachedNames[0]!, command)
    const [resolver, updater] = megabytesOfParts(pid)
    await end()
    down()
    return { 'million-start': milliseconds, 'million-memory': resolver! + updater! }
  },
}
