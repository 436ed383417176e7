// A client joins or leaves: written down, in force in the kernel, and answered by, before whoever asked hears so.

import type { Logger } from '../log.ts'
import { formatPrefix } from '../net/prefix.ts'
import { formatProblem } from '../zones/problem.ts'
import type { Channel } from './channel.ts'
import type { Enforcer } from './enforcement.ts'
import type { Caller, MemberChange } from './noted.ts'
import { type Roster, RosterError } from './roster.ts'
import type { Rulebook } from './rulebook.ts'

/** A client as `GET /clients` tells of it. */
export interface Member {
  readonly name: string
  /** Those behind its interfaces now among them. */
  readonly addresses: readonly string[]
  readonly interfaces: readonly string[]
  /** Where it comes from: the settings, or a call at run time. */
  readonly from: 'settings' | 'call'
}

export interface Joined {
  readonly name: string
  readonly addresses: readonly string[]
  /** The policy by which the kernel lets packets pass, the client's change included. */
  readonly revision: string
  /** Does the resolver answer by it, too? It does within a second if it runs at all. */
  readonly answering: boolean
}

export interface Membership {
  list(): readonly Member[]
  /** `by`: who asks for it. */
  put(name: string, wish: unknown, by?: Caller): Promise<Joined>
  remove(name: string, by?: Caller): Promise<Joined>
}

export interface MembershipPorts {
  readonly roster: Roster
  readonly rulebook: Rulebook
  readonly enforcer: Pick<Enforcer, 'flowsEnded'>
  readonly channel: Pick<Channel, 'untilAnswering'>
  readonly log: Logger
  onMember(change: MemberChange): void
}

/** A resolver that does not answer by now has ended, and reads the clients when it starts. */
const PATIENCE_MS = 1000

export function createMembership({ roster, rulebook, enforcer, channel, log, onMember }: MembershipPorts): Membership {
  async function settle(name: string): Promise<Joined> {
    await rulebook.refresh(new Set([roster.fileOf(name)]))
    refuseHeldUp(name)
    await enforcer.flowsEnded()
    const { revision } = rulebook.inForce.policy
    const answering = await channel.untilAnswering(revision, PATIENCE_MS)
    return { name, addresses: addressesOf(name), revision, answering }
  }

  /** While one file of a client is broken, those of all clients are as they were. */
  function refuseHeldUp(name: string): void {
    const obstacle = rulebook.reload.problems.find(({ file, severity }) => severity === 'error' && roster.has(file))
    if (obstacle === undefined) return
    throw new RosterError('held up', `${name}: written down, and in force once this is mended or removed: ${formatProblem(obstacle)}`)
  }

  function addressesOf(name: string): readonly string[] {
    return list().find((member) => member.name === name)?.addresses ?? []
  }

  function list(): readonly Member[] {
    const joined = new Set(roster.joined.map(({ name }) => name))
    return rulebook.inForce.policy.clients.map(({ name, prefixes, interfaces = [] }) => ({
      name,
      addresses: prefixes.map(formatPrefix),
      interfaces,
      from: joined.has(name) ? 'call' : 'settings',
    }))
  }

  return {
    list,
    put: async (name, wish, by) => {
      const client = await roster.put(name, wish)
      const { interfaces = [], zones } = client
      log.info({ client: name, by }, 'a client has joined')
      onMember({ change: 'joined', client: name, addresses: client.prefixes.map(formatPrefix), interfaces, zones, by: by ?? null })
      return settle(name)
    },
    remove: async (name, by) => {
      await roster.remove(name)
      log.info({ client: name, by }, 'a client has left')
      onMember({ change: 'left', client: name, addresses: [], interfaces: [], zones: '', by: by ?? null })
      return settle(name)
    },
  }
}
