// The process in the sandbox: it runs attacks by name, with the privileges that the sandbox grants and no more.
import { type Capability, dropPrivileges, limitCapabilities } from '../../linux/privilege.ts'
import { askOverUdp, encodeQuestion } from '../question.ts'
import type { Tools } from './attack.ts'
import { openParent } from './channel.ts'
import { loadCorpus } from './corpus.ts'
import { exploreElsewhere } from './elsewhere.ts'
import { measure } from './measure.ts'
import { type GuardUnderTest, type Pair, shareOf, type Zone } from './plan.ts'
import { createTools, placeUnder } from './toolbox.ts'
import type { Knock } from './witness.ts'

const CONTROL = 1

interface Referee {
  readonly [operation: string]: (argument: never) => unknown
  disturbed(number: number): Promise<void>
  knock(knock: Knock): Promise<void>
}

/** Of the process, as its one argument. */
export interface Role {
  readonly token: string
  readonly guard: GuardUnderTest
  /** The numbers of those that it is asked for; all unless told. Loaded as whoever starts it: the program's files may be closed to others. */
  readonly attacks?: readonly number[]
  /** The interface that leads out. */
  readonly device: string
  /** Whom it becomes; undefined: it stays who it is. */
  readonly identity: { readonly uid: number; readonly gid: number; readonly keep: readonly Capability[] } | undefined
  /** Addresses outside of a sandbox that is not ours; undefined in a world of ours. */
  readonly far: Partial<Pair> | undefined
}

const { token, guard, attacks, device, identity, far } = JSON.parse(process.argv[2]!) as Role
const corpus = new Map((await loadCorpus(attacks)).map((attack) => [attack.number, attack]))
if (identity?.uid === 0) limitCapabilities(identity.keep)
else if (identity !== undefined) dropPrivileges(identity)
const elsewhere = far === undefined ? undefined : await exploreElsewhere(far)

let uses = 0

function toolsOf(number: number, state?: string): Tools {
  const disturbed = (): Promise<unknown> => call('disturbed', number)
  const place = elsewhere?.place ?? placeUnder(guard)
  const setting = {
    token,
    guard,
    place,
    device: elsewhere?.device ?? device,
    state,
    disturbed,
    knock: (knock: Knock) => call('knock', knock),
  }
  const tools = createTools(setting, number)
  return elsewhere?.restrict(tools) ?? tools
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
    return await Promise.all([use('A'), use('AAAA')])
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
