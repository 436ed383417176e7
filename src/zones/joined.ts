// Clients that joined at run time, each in a file of its own: a first line that says who it is, and its zone text below. A zone file
// like any other, so that whatever names a line of it can be looked up.

import { join } from 'node:path'
import { hasInterfaces } from '../net/place.ts'
import { formatPrefix } from '../net/prefix.ts'
import { type Changed, type News, newsOf } from './changed.ts'
import { inTurns } from './in-turns.ts'
import { listFiles } from './list.ts'
import { type ParsedZone, parseZone } from './parse.ts'
import type { Problem } from './problem.ts'
import { createTextCache, type TextCache } from './text-cache.ts'
import { type JoinedClient, readWish } from './wish.ts'

export interface JoinedZone extends ParsedZone {
  /** Undefined when the file is not one that we wrote. */
  readonly client: JoinedClient | undefined
}

const SUFFIX = '.client'
const HEAD = '# sallyport client '

/** Where the client of that name is kept. */
export function joinedFile(folder: string, name: string): string {
  return join(folder, `${name}${SUFFIX}`)
}

/** Has a client of that name a file, be it one that cannot be read? */
export async function isFiled(folder: string, name: string): Promise<boolean> {
  return (await listFiles(folder, SUFFIX)).some((found) => found.name === `${name}${SUFFIX}`)
}

/** All that have joined, of whom those are looked at who are new or may have changed; nobody where the folder is missing. */
export async function loadJoined(
  folder: string,
  cache: TextCache<JoinedZone> = createTextCache(),
  changed: Changed = 'all',
): Promise<readonly JoinedZone[]> {
  const found = await listFiles(folder, SUFFIX).catch(() => [])
  return inTurns(found, (each) => loadClient(folder, each.name.slice(0, -SUFFIX.length), cache, newsOf(changed, folder, each)))
}

export function formatJoined(client: JoinedClient): string {
  const addresses = client.prefixes.map(formatPrefix)
  const place = hasInterfaces(client) ? { addresses, interfaces: client.interfaces } : { addresses }
  return `${HEAD}${JSON.stringify(place)}\n${client.zones}`
}

/** The zone text of a client, for it and nobody else. `text` may begin with the line that says who it is. */
export function parseJoinedZones(name: string, text: string, file: string): ParsedZone {
  const { zone, problems } = parseZone(text, { file, tier: 'app' })
  if (zone === undefined) return { zone, problems }
  if (zone.clients === undefined) return { zone: { ...zone, clients: [{ kind: 'name', name }] }, problems }
  return {
    zone: undefined,
    problems: [...problems, failure(file, zone.lines?.clients ?? 0, `$CLIENTS: these entries are for ${name} alone; leave it out`)],
  }
}

async function loadClient(folder: string, name: string, cache: TextCache<JoinedZone>, news: News): Promise<JoinedZone> {
  const file = joinedFile(folder, name)
  try {
    return await cache.read(file, (octets) => parseClient(name, octets.toString(), file), news)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const remedy = `PUT /clients/${name} writes it anew, DELETE /clients/${name} removes the client`
    return { client: undefined, zone: undefined, problems: [failure(file, 0, `${error.message}: ${remedy}`)] }
  }
}

function parseClient(name: string, text: string, file: string): JoinedZone {
  const end = text.indexOf('\n')
  if (!text.startsWith(HEAD) || end < 0) throw new SyntaxError(`does not begin with a line "${HEAD}…"`)
  const client = readWish(name, { ...JSON.parse(text.slice(HEAD.length, end)), zones: text.slice(end + 1) })
  return { client, ...parseJoinedZones(name, text, file) }
}

function failure(file: string, line: number, message: string): Problem {
  return { file, line, message, severity: 'error' }
}
