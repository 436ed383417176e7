// Clients that join and leave at run time. Their files are what both processes read; here is who writes them.

import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { formatPrefix } from '../net/prefix.ts'
import type { ClientEntry } from '../policy/client.ts'
import { formatJoined, joinedFile, loadJoined, parseJoinedZones } from '../zones/joined.ts'
import { exceedByJoined, hasAddress, type PolicySettings } from '../zones/loader.ts'
import { formatProblem, ZoneSyntaxError } from '../zones/problem.ts'
import type { TierLimits } from '../zones/tier-limit.ts'
import { type JoinedClient, readWish } from '../zones/wish.ts'

/**
 * Why a client cannot join or leave: what was asked for makes no sense, clashes with another client, or nobody is called so; or it is
 * on disk, and not in force because of another file beside it.
 */
export class RosterError extends Error {
  override readonly name = 'RosterError'
  readonly kind: 'invalid' | 'conflict' | 'unknown' | 'held up'

  constructor(kind: RosterError['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

export interface Roster {
  readonly joined: readonly JoinedClient[]
  /** Is this one of its files? */
  has(file: string): boolean
  /** Adds the client, or replaces the one of that name; on disk when it resolves. Rejects with RosterError. */
  put(name: string, wish: unknown): Promise<void>
  /** Rejects with RosterError. */
  remove(name: string): Promise<void>
}

const EVERYBODY_READS = 0o644

/** Clients that the settings know without an address may join by their name. */
export async function openRoster(folder: string, { clients: settled, appLimits }: PolicySettings): Promise<Roster> {
  const known = new Map((await loadJoined(folder)).flatMap(({ client }) => (client === undefined ? [] : [[client.name, client]])))
  let last = Promise.resolve()

  /** One after the other: what is checked holds when it is written, and the later of two wins on disk too. */
  function inTurn(act: () => Promise<void>): Promise<void> {
    last = last.then(act, act)
    return last
  }

  async function put(name: string, wish: unknown): Promise<void> {
    const client = checked(name, wish, appLimits)
    if (isSettled(name)) throw new RosterError('conflict', `${name} has its addresses in the settings: change them there`)
    const others = [...settled, ...known.values()].filter((entry) => entry.name !== name)
    for (const other of others) refuseClash(client, other)
    await replace(joinedFile(folder, name), formatJoined(client))
    known.set(name, client)
  }

  async function remove(name: string): Promise<void> {
    if (isSettled(name)) throw new RosterError('conflict', `${name} has its addresses in the settings: remove it there`)
    if (!known.has(name)) throw new RosterError('unknown', `nobody called ${JSON.stringify(name)} has joined`)
    await rm(joinedFile(folder, name), { force: true })
    known.delete(name)
  }

  function isSettled(name: string): boolean {
    return settled.some((entry) => entry.name === name && hasAddress(entry))
  }

  return {
    get joined() {
      return [...known.values()]
    },
    has: (file) => dirname(file) === folder,
    put: (name, wish) => inTurn(() => put(name, wish)),
    remove: (name) => inTurn(() => remove(name)),
  }
}

function checked(name: string, wish: unknown, limits: TierLimits | undefined): JoinedClient {
  try {
    const client = readWish(name, wish)
    const { zone, problems } = parseJoinedZones(name, client.zones, 'zones')
    const errors = [...problems, ...exceedByJoined(zone, limits)].filter(({ severity }) => severity === 'error')
    if (errors.length === 0) return client
    throw new RosterError('invalid', errors.map(formatProblem).join('\n'))
  } catch (error) {
    if (error instanceof ZoneSyntaxError) throw new RosterError('invalid', error.message, { cause: error })
    throw error
  }
}

/** Prefixes may lie in one another, the longest counts; but two clients of one prefix could not be told apart. */
function refuseClash(client: ClientEntry, other: ClientEntry): void {
  const taken = new Set(other.prefixes.map(formatPrefix))
  const shared = client.prefixes.map(formatPrefix).find((prefix) => taken.has(prefix))
  if (shared !== undefined) throw new RosterError('conflict', `${shared} is an address of ${other.name}`)
}

/** Whoever reads sees the old file or the new one, after a loss of power too. */
async function replace(file: string, text: string): Promise<void> {
  const handle = await open(`${file}.next`, 'w')
  try {
    await handle.writeFile(text)
    // Not at once with the file: the umask would take it away.
    await handle.chmod(EVERYBODY_READS)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.next`, file)
}
