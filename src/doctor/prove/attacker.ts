// The process in the sandbox: it runs attacks by name, with the privileges that the sandbox grants and no more.
import { type Capability, dropPrivileges } from '../../linux/privilege.ts'
import { askOverUdp, encodeQuestion } from '../question.ts'
import { openParent } from './channel.ts'
import { loadCorpus } from './corpus.ts'
import type { Disturbance } from './disturb.ts'
import type { GuardUnderTest } from './plan.ts'
import { createTools } from './toolbox.ts'

const NOBODY = 65_534

interface Referee {
  readonly [operation: string]: (argument: never) => unknown
  ready(): void
  disturb(what: Disturbance): Promise<void>
}

const [, , token, guard, device, keep] = process.argv as [string, string, string, GuardUnderTest, string, string]
const corpus = new Map((await loadCorpus()).map((attack) => [attack.number, attack]))
dropPrivileges({ uid: NOBODY, gid: NOBODY, keep: keep === '' ? [] : (keep.split(',') as Capability[]) })

let uses = 0

const operations = {
  /** Undefined, or why the attack could not be tried. */
  async attack(number: number): Promise<string | undefined> {
    const disturb = (what: Disturbance): Promise<unknown> => call('disturb', what)
    try {
      await corpus.get(number)!.run(createTools({ token, guard, device, disturb }, number))
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  },
  /** Uses a name that is allowed and that nobody has asked for yet, as a program would. Whether it was connected over IPv4 and over IPv6. */
  async use(number: number): Promise<readonly boolean[]> {
    const tools = createTools({ token, guard, device, disturb: async () => undefined }, number)
    const use = async (type: 'A' | 'AAAA'): Promise<boolean> => {
      const [address] = await tools.ask(tools.name('open', `fresh-${++uses}`), type)
      return address !== undefined && (await tools.tcp(address, 443))
    }
    return [await use('A'), await use('AAAA')]
  },
  /** Resolves a name. */
  async ask({ server, name }: { readonly server: string; readonly name: string }): Promise<void> {
    await askOverUdp(encodeQuestion(name, 'A'), { server, timeoutMs: 1_000 })
  },
}

export type AttackerOperations = typeof operations

const call = openParent<Referee>(operations)
await call('ready')
