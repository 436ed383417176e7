// A proof in words.
import type { Sighting } from './judge.ts'
import type { Finding, Outcome, Proof } from './prove.ts'

const MARK: Readonly<Record<Outcome, string>> = { held: 'held', escaped: 'GOT OUT', open: 'open', untried: 'UNTRIED' }
const MOST_SHOWN = 3

/** Nothing got out that should not, everything was tried, and what is allowed was reached. */
export function isProven({ findings, unexplained, control }: Proof): boolean {
  return unexplained.length === 0 && control.every(Boolean) && findings.every(({ outcome }) => outcome === 'held' || outcome === 'open')
}

/** "0 of 128 got out" */
export function summarise({ findings, unexplained, control, guard, protection, milliseconds, only }: Proof): string {
  const counted = (outcome: Outcome): number => findings.filter((finding) => finding.outcome === outcome).length
  const covered = findings.length - counted('open')
  const seconds = (milliseconds / 1000).toFixed(1)
  return [
    `${counted('escaped')} of ${covered} got out: guard ${guard}, table protected by ${protection}, ${seconds} s`,
    ...(only === undefined ? [] : [`of attacks named ${only.join(', ')} alone`]),
    ...(counted('open') === 0 ? [] : [`${counted('open')} known and open`]),
    ...(counted('untried') === 0 ? [] : [`${counted('untried')} could not be tried`]),
    ...(unexplained.length === 0 ? [] : [`${unexplained.length} kinds of packets got out that no attack explains`]),
    ...(control.every(Boolean) ? [] : ['what is allowed was not reached, so this proves nothing']),
  ].join('; ')
}

export function describeProof(proof: Proof): readonly string[] {
  const groups = Map.groupBy(proof.findings, ({ group }) => group)
  return [
    ...[...groups].flatMap(([group, findings]) => [group, ...findings.flatMap(describeFinding)]),
    ...(proof.unexplained.length === 0
      ? []
      : ['what no attack explains', ...proof.unexplained.map((sighting) => `  ${describeSighting(sighting)}`)]),
    '',
    summarise(proof),
  ]
}

function describeFinding({ name, tries, outcome, reason, arrived }: Finding): readonly string[] {
  const because = reason === undefined ? [] : [`            ${reason}`]
  const seen = outcome === 'held' ? [] : arrived.slice(0, MOST_SHOWN).map((sighting) => `            ${describeSighting(sighting)}`)
  return [`  ${MARK[outcome].padEnd(8)}  ${name}: ${tries}`, ...because, ...seen]
}

export function describeSighting({ where, protocol, source, destination, destinationPort, question, count }: Sighting): string {
  const asked = question === undefined ? '' : ` asking ${question}`
  return `${where}: ${count} × ${protocol} ${source} > ${destination} ${destinationPort}${asked}`
}
