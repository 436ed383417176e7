import { partsOf } from '../memory.ts'
import type { Place } from '../place.ts'
import { prepareSallyport, startSallyport } from '../subject/sallyport.ts'
import { untilAnswer } from '../until-answer.ts'
import type { OwnQuestion } from './question.ts'

type Part = 'resolver' | 'updater'

/** From SIGKILL until a name that nobody has asked for yet is answered with its address, which is open then. What was open stays so throughout. */
export const recovery: OwnQuestion = {
  key: 'recovery',
  figures: [
    { key: 'recovery-resolver', title: 'resolver killed: until a new name is answered', unit: ' ms', better: 'less' },
    { key: 'recovery-updater', title: 'updater killed: until a new name is opened and answered', unit: ' ms', better: 'less' },
    { key: 'recovery-both', title: 'both killed: until a new name is opened and answered', unit: ' ms', better: 'less' },
  ],
  async measure(place) {
    return {
      'recovery-resolver': await afterKilling(place, ['resolver']),
      'recovery-updater': await afterKilling(place, ['updater']),
      'recovery-both': await afterKilling(place, ['resolver', 'updater']),
    }
  },
}

/** Each in an instance of its own: what is killed again and again is restarted later and later. */
async function afterKilling(place: Place, victims: readonly Part[]): Promise<number> {
  const { pid, stop } = await startSallyport(place, prepareSallyport(place))
  try {
    const pids = partsOf(pid).filter(({ part }) => victims.includes(part))
    if (pids.length !== victims.length) throw new Error(`found ${pids.length} of ${victims.join(' and ')}`)
    const kill = ['sh', '-c', `kill -9 ${pids.map((each) => each.pid).join(' ')}`]
    const { milliseconds, end } = await untilAnswer(place, place.lists.cachedNames.at(-1)!, kill)
    await end()
    return milliseconds
  } finally {
    await stop()
  }
}
