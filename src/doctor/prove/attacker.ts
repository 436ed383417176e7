// The process in the sandbox: it runs attacks by name, with the privileges that the sandbox grants and no more.
import { type Capability, dropPrivileges } from '../../linux/privilege.ts'
import { askOverUdp, encodeQuestion } from '../question.ts'
import type { Tools } from './attack.ts'
import { openParent } from './channel.ts'
import { loadCorpus } from './corpus.ts'
import { measure } from './measure.ts'
import { type GuardUnderTest, shareOf, type Zone } from './plan.ts'
import { createTools } from './toolbox.ts'
import type { Knock } from './witness.ts'

const NOBODY = 65_534
const CONTROL = 1

interface Referee {
  readonly [operation: string]: (argument: never) => unknown
  ready(): void
  disturbed(number: number): Promise<void>
  knock(knock: Knock): Promise<void>
}

const [, , token, guard, device, keep] = process.argv as [string, string, string, GuardUnderTest, string, string]
const corpus = new Map((await loadCorpus()).map((attack) => [attack.number, attack]))
dropPrivileges({ uid: NOBODY, gid: NOBODY, keep: keep === '' ? [] : (keep.split(',') as Capability[]) })

let uses = 0

function toolsOf(number: number, state?: string): Tools {
  const disturbed = (): Promise<unknown> => call('disturbed', number)
  return createTools({ token, guard, device, state, disturbed, knock: (knock) => call('knock', knock) }, number)
}

const operations = {
  /** Undefined, or why the attack could not be tried. */
  async attack({ number, state }: { readonly number: number; readonly state: string | undefined }): Promise<string | undefined> {
    try {
      await corpus.get(number)!.run(toolsOf(number, state))
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  },
  /** Uses a name that is allowed and that nobody has asked for yet, as a program would. Whether it was connected over IPv4 and over IPv6. */
  async use(number: number): Promise<readonly boolean[]> {
    const tools = toolsOf(number)
    const use = async (type: 'A' | 'AAAA'): Promise<boolean> => {
      const [address] = await tools.ask(tools.name('open', `fresh-${++uses}`), type)
      return address !== undefined && (await tools.tcp(address, 443))
    }
    return [await use('A'), await use('AAAA')]
  },
  /** Whether a name of the zone that nobody has asked for yet has an address. */
  async resolves(zone: Zone): Promise<boolean> {
    const tools = toolsOf(CONTROL)
    return (await tools.ask(tools.name(zone, `fresh-${++uses}`))).length > 0
  },
  /** How long names and first connections take with that resolver. */
  measure: ({ server, rounds }: { readonly server: string; readonly rounds: number }) =>
    measure(
      server,
      Array.from({ length: rounds }, () => `${shareOf(token, CONTROL).marker}.fresh-${++uses}.open.example`),
    ),
  /** The response code for a name that nobody allows; undefined without an answer. */
  deny: async (server: string) => (await askOverUdp(encodeQuestion('denied.example', 'A'), { server, timeoutMs: 2_000 }))?.rcode,
}

export type AttackerOperations = typeof operations

const call = openParent<Referee>(operations)
await call('ready')
