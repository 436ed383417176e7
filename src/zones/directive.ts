// "$TIER", "$CLIENTS", "$PORTS", "$MODE": what holds for a whole file. Once each, before the first entry.

import { isClientName } from '../net/client-name.ts'
import type { PortRange } from '../net/port.ts'
import type { ClientSelector, Tier } from '../policy/rule.ts'
import { parsePorts, readPrefix } from './entry.ts'
import { ZoneSyntaxError } from './problem.ts'

export interface Directives {
  tier: Tier | undefined
  clients: readonly ClientSelector[] | undefined
  ports: readonly PortRange[] | undefined
  audit: boolean | undefined
}

/** Parses the words of a line that begins with "$" into `directives`. `folderTier`: the tier that the folder decides. Throws ZoneSyntaxError. */
export function applyDirective(words: readonly string[], directives: Directives, folderTier: Tier | undefined): void {
  const [keyword, ...values] = words as [string, ...string[]]
  if (values.length === 0) throw new ZoneSyntaxError(`${keyword} is followed by its value on the same line`)
  switch (keyword) {
    case '$TIER':
      directives.tier = once(keyword, directives.tier, parseTier(values, folderTier))
      return
    case '$CLIENTS':
      directives.clients = once(keyword, directives.clients, values.map(parseSelector))
      return
    case '$PORTS':
      directives.ports = once(keyword, directives.ports, parsePorts(values))
      return
    case '$MODE':
      directives.audit = once(keyword, directives.audit, parseMode(values))
      return
    default:
      throw new ZoneSyntaxError(`${JSON.stringify(keyword)} is not a directive; there are $TIER, $CLIENTS, $PORTS and $MODE`)
  }
}

function once<T>(keyword: string, former: T | undefined, value: T): T {
  if (former !== undefined) throw new ZoneSyntaxError(`${keyword} stands twice in this file`)
  return value
}

function parseTier(values: readonly string[], folderTier: Tier | undefined): Tier {
  const [value] = values
  if (values.length !== 1 || (value !== 'base' && value !== 'app'))
    throw new ZoneSyntaxError(`$TIER is base or app, not "${values.join(' ')}"`)
  if (folderTier !== undefined && folderTier !== value) throw new ZoneSyntaxError(`$TIER ${value} in the folder of the ${folderTier} tier`)
  return value
}

function parseMode(values: readonly string[]): boolean {
  if (values.length !== 1 || values[0] !== 'audit') throw new ZoneSyntaxError(`$MODE is audit, not "${values.join(' ')}"`)
  return true
}

function parseSelector(word: string): ClientSelector {
  const prefix = readPrefix(word)
  if (prefix !== undefined) return { kind: 'prefix', prefix }
  if (!isClientName(word)) throw new ZoneSyntaxError(`${JSON.stringify(word)} is neither a client's name nor an address or prefix`)
  return { kind: 'name', name: word }
}
