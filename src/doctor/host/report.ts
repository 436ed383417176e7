// A diagnosis in words.
import type { Diagnosis } from './doctor.ts'
import type { HostFinding } from './finding.ts'
import type { Cost } from './rehearsal.ts'

const MARK: Readonly<Record<HostFinding['state'], string>> = { good: 'good', doubtful: 'doubtful', bad: 'BAD' }

export function isHealthy({ findings }: Pick<Diagnosis, 'findings'>): boolean {
  return findings.every(({ state }) => state !== 'bad')
}

export function describeDiagnosis({ guard, findings, cost }: Diagnosis): readonly string[] {
  const counted = (state: HostFinding['state']): number => findings.filter((finding) => finding.state === state).length
  return [
    ...findings.flatMap(describeFinding),
    ...(cost === undefined ? [] : describeCost(cost)),
    '',
    `guard ${guard}: ${counted('bad')} bad, ${counted('doubtful')} doubtful, ${counted('good')} good`,
  ]
}

function describeFinding({ topic, state, says, mend }: HostFinding): readonly string[] {
  return [`${MARK[state].padEnd(8)}  ${topic}: ${says}`, ...(mend === undefined ? [] : [`          → ${mend}`])]
}

function describeCost({ direct, through }: Cost): readonly string[] {
  const line = (what: string, key: keyof Cost['direct']): string =>
    `cost      ${what}: ${direct[key].toFixed(2)} ms directly, ${through[key].toFixed(2)} ms through sallyport`
  return [
    line('a new name, to the upstream and back', 'roundTripMs'),
    line('the same name again', 'againMs'),
    line('question to first connection', 'firstConnectionMs'),
  ]
}
