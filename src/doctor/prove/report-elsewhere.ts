// What is said at both ends of an expedition.
import type { Expedition } from './expedition.ts'
import type { Arrival } from './listen.ts'
import { describeSighting } from './report.ts'

export function describeListener(token: string, taken: readonly string[]): string {
  const less = taken.length === 0 ? '' : `; in use by others here, so that less is seen: ${taken.join(', ')}`
  return `listening; in the sandbox: sallyport prove --far ADDRESS-OF-THIS-MACHINE --token ${token}; to end: Ctrl-C${less}`
}

export function describeExpedition({ token, made, left }: Expedition): readonly string[] {
  const reasons = Map.groupBy(left, ({ reason }) => reason)
  return [
    ...made.map((attack) => `made      ${attack}`),
    ...[...reasons].map(([reason, attacks]) => `left out  ${attacks.length}: ${reason}`),
    '',
    `${made.length} attacks made, ${left.length} left out; what arrived of them, "sallyport prove --far-side --token ${token}" says on the far side`,
  ]
}

export function describeArrivals(token: string, arrivals: readonly Arrival[]): readonly string[] {
  return [
    ...arrivals.flatMap(({ group, name, tries, arrived }) => [
      `GOT OUT   ${group}: ${name}: ${tries}`,
      ...arrived.map((sighting) => `            ${describeSighting(sighting)}`),
    ]),
    `${arrivals.length} attacks with token ${token} arrived`,
  ]
}
