import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Place, PORT, SERVER } from './place.ts'

export interface Load {
  /** Names as dnsperf reads them. */
  readonly list: string
  /** At most this long. */
  readonly seconds: number
  /** Once through the list instead of over and over. */
  readonly once?: boolean
  /** A fixed rate instead of as fast as it goes. */
  readonly perSecond?: number
  /** Somebody else than whoever is measured. */
  readonly server?: { readonly address: string; readonly port: number }
}

export interface Outcome {
  readonly answersPerSecond: number
  readonly sent: number
  readonly completed: number
  readonly lost: number
  /** Shares of response codes, as "NOERROR". */
  readonly codes: Readonly<Record<string, number>>
  /** Milliseconds, ascending; only with a fixed rate. */
  readonly latencies: readonly number[]
}

const MEASURED = { address: SERVER, port: PORT }

/** Eight clients in one thread, on the core that the server does not have. */
export async function runDnsperf(place: Place, { list, seconds, once: single, perSecond, server = MEASURED }: Load): Promise<Outcome> {
  const rate = perSecond === undefined ? [] : ['-Q', String(perSecond), '-v']
  const words = [
    'dnsperf',
    '-s',
    server.address,
    '-p',
    String(server.port),
    '-d',
    list,
    '-c',
    '8',
    '-T',
    '1',
    '-l',
    String(seconds),
    '-t',
    '2',
    ...(single ? ['-n', '1'] : []),
    ...rate,
  ]
  const [program, ...rest] = place.namespace.inside(place.onLoadCore(words))
  const dnsperf = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'ignore'] })
  const chunks: Buffer[] = []
  dnsperf.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [status] = (await once(dnsperf, 'close')) as [number]
  const printed = Buffer.concat(chunks).toString()
  if (status !== 0) throw new Error(`dnsperf: exit ${status}: ${printed}`)
  return parseOutcome(printed)
}

function parseOutcome(printed: string): Outcome {
  const number = (pattern: RegExp): number => Number(pattern.exec(printed)?.[1] ?? 0)
  const codes = /Response codes:\s+(.*)/.exec(printed)?.[1] ?? ''
  return {
    answersPerSecond: number(/Queries per second:\s+([\d.]+)/),
    sent: number(/Queries sent:\s+(\d+)/),
    completed: number(/Queries completed:\s+(\d+)/),
    lost: number(/Queries lost:\s+(\d+)/),
    codes: Object.fromEntries([...codes.matchAll(/(\w+) (\d+)/g)].map(([, code, count]) => [code!, Number(count)])),
    latencies: [...printed.matchAll(/^> \w+ \S+ \w+ ([\d.]+)$/gm)]
      .map(([, seconds]) => Number(seconds) * 1000)
      .sort((one, other) => one - other),
  }
}
