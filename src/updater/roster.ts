// Clients that join and leave at run time. Their files are what both processes read; here is who writes them.

import { open, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { commonPart, unguardedInterface } from '../net/place.ts'
import { formatPrefix } from '../net/prefix.ts'
import type { Route } from '../net/route.ts'
import type { ClientEntry } from '../policy/client.ts'
import { bindInterfaces, hasPlace } from '../policy/interface.ts'
import { formatJoined, isFiled, joinedFile, loadJoined, parseJoinedZones } from '../zones/joined.ts'
import { exceedByJoined, type PolicySettings } from '../zones/loader.ts'
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
  /** Where the client of that name is kept: an absolute path. */
  fileOf(name: string): string
  /** Is this one of its files? */
  has(file: string): boolean
  /** Adds the client, or replaces the one of that name; on disk when it resolves. Rejects with RosterError. */
  put(name: string, wish: unknown): Promise<JoinedClient>
  /** Rejects with RosterError. */
  remove(name: string): Promise<void>
}

const EVERYBODY_READS = 0o644

/** Clients that the settings know without an address may join by their name. */
export async function openRoster(folder: string, settings: PolicySettings, routes: () => readonly Route[]): Promise<Roster> {
  const { clients: settled, appLimits, interfaces: guarded = [] } = settings
  const known = new Map((await loadJoined(folder)).flatMap(({ client }) => (client === undefined ? [] : [[client.name, client]])))
  let last: Promise<unknown> = Promise.resolve()

  /** One after the other: what is checked holds when it is written, and the later of two wins on disk too. */
  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const next = last.then(act, act)
    last = next
    return next
  }

  async function put(name: string, wish: unknown): Promise<JoinedClient> {
    const client = checked(name, wish, appLimits)
    if (isSettled(name)) throw new RosterError('conflict', `${name} is in the settings: change it there`)
    refuseUnguarded(client, guarded)
    refuseClash(
      client,
      [...settled, ...known.values()].filter((entry) => entry.name !== name),
      routes,
    )
    await replace(joinedFile(folder, name), formatJoined(client))
    known.set(name, client)
    return client
  }

  async function remove(name: string): Promise<void> {
    if (isSettled(name)) throw new RosterError('conflict', `${name} is in the settings: remove it there`)
    // A file that cannot be read is removed all the same: it is what keeps everybody else from joining.
    if (!known.has(name) && !(await isFiled(folder, name)))
      throw new RosterError('unknown', `nobody called ${JSON.stringify(name)} has joined`)
    await rm(joinedFile(folder, name), { force: true })
    known.delete(name)
  }

  function isSettled(name: string): boolean {
    return settled.some((entry) => entry.name === name && hasPlace(entry))
  }

  return {
    get joined() {
      return [...known.values()]
    },
    fileOf: (name) => resolve(joinedFile(folder, name)),
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

function refuseUnguarded(client: ClientEntry, guarded: readonly string[]): void {
  const stranger = unguardedInterface(client, guarded)
  if (stranger === undefined) return
  const those = guarded.length === 0 ? 'there are none' : guarded.join(' ')
  throw new RosterError('invalid', `interfaces: expected some of updater.interfaces (${those}), got ${JSON.stringify(stranger)}`)
}

/** Two clients at one address, now, could not be told apart; where routes change later, whoever has the interface has the address. */
function refuseClash(client: ClientEntry, others: readonly ClientEntry[], routes: () => readonly Route[]): void {
  for (const other of others) {
    const part = commonPart(client, other)
    if (part !== undefined) throw new RosterError('conflict', `${part} is taken by ${other.name}`)
  }
  const displaced = bindInterfaces([...others, client], routes).displaced.find(
    ({ client: loser, by }) => loser === client.name || by === client.name,
  )
  if (displaced === undefined) return
  const { prefix, by } = displaced
  throw new RosterError('conflict', `${formatPrefix(prefix)} of ${displaced.client} is behind an interface of ${by}`)
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
