// Attacks from a sandbox that is not ours, towards a far side that somebody else runs: they are made here, and judged there.
import { readFileSync } from 'node:fs'
import { inNamespaceOf } from '../../linux/namespace.ts'
import { capabilitiesOf } from '../../linux/privilege.ts'
import type { AttackerOperations, Role } from './attacker.ts'
import { startWorker } from './channel.ts'
import { loadCorpus, type NamedAttack } from './corpus.ts'
import type { Pair } from './plan.ts'

export interface ExpeditionOptions {
  readonly far: Partial<Pair>
  readonly token: string
  /** A process of the sandbox, whose network namespace, user and capabilities are taken; without it, those that we have. */
  readonly sandbox?: number | undefined
  readonly only?: readonly string[] | undefined
}

export interface Expedition {
  readonly token: string
  /** Attacks that were made. What became of them the far side knows. */
  readonly made: readonly string[]
  /** Attacks that cannot be made or judged here, with the reason. */
  readonly left: readonly { readonly attack: string; readonly reason: string }[]
}

const PARALLEL = 24

export async function setOut({ far, token, sandbox, only }: ExpeditionOptions): Promise<Expedition> {
  const role: Role = { token, guard: 'forward', device: '', identity: sandbox === undefined ? undefined : identityOf(sandbox), far }
  const enter = <T>(act: () => T): T => (sandbox === undefined ? act() : inNamespaceOf(sandbox, act))
  const attacker = startWorker<AttackerOperations>('attacker', [JSON.stringify(role)], enter)
  const [made, left]: [string[], { attack: string; reason: string }[]] = [[], []]
  const waiting = (await loadCorpus()).filter(
    ({ group, name }) => only === undefined || only.some((word) => `${group} ${name}`.includes(word)),
  )
  const next = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const reason = await attacker.call('attack', { number: one.number, state: undefined })
      if (reason === undefined) made.push(titleOf(one))
      else left.push({ attack: titleOf(one), reason })
    }
  }
  try {
    await Promise.all(Array.from({ length: PARALLEL }, next))
    return { token, made: made.toSorted(), left: left.toSorted((a, b) => (a.attack < b.attack ? -1 : 1)) }
  } finally {
    await attacker.close()
  }
}

function titleOf({ group, name }: NamedAttack): string {
  return `${group}: ${name}`
}

function identityOf(pid: number): NonNullable<Role['identity']> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const [uid, gid] = ['Uid', 'Gid'].map((key) => Number(new RegExp(`^${key}:\\t\\d+\\t(\\d+)`, 'm').exec(status)?.[1]))
  return { uid: uid!, gid: gid!, keep: capabilitiesOf(pid).permitted }
}
