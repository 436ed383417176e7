// Files of /etc that are not the machine's inside a sandbox: how names are looked up.

import { readFileSync, realpathSync } from 'node:fs'
import type { Address } from '../net/address.ts'
import type { Families } from './family.ts'
import { GATEWAY, HOST, HOST_NAME } from './plan.ts'

export interface StandIn {
  /** The file below PLACE.etc. */
  readonly name: string
  readonly text: string
  /** What it covers: the file itself, wherever links lead. */
  readonly path: string
}

/** Of files that the machine has not, there is none. */
export function standIns(families: Families): readonly StandIn[] {
  return [
    standIn('resolv.conf', (text) => resolvConf(text, GATEWAY[families[0]!])),
    standIn('hosts', (text) => `${text.trimEnd()}\n${HOST[4]}\t${HOST_NAME}\n`),
    standIn('nsswitch.conf', nsswitch),
  ].filter((each) => each !== undefined)
}

function standIn(name: string, change: (text: string) => string): StandIn | undefined {
  const path = `/etc/${name}`
  try {
    return { name, text: change(readFileSync(path, 'utf8')), path: realpathSync(path) }
  } catch {
    return undefined
  }
}

/** The machine's search list and options, with the gateway's resolver for server (resolv.conf(5)). */
function resolvConf(text: string, server: Address): string {
  const kept = text.split('\n').filter((line) => /^\s*(?:search|domain|options)\s/.test(line))
  return `${[`nameserver ${server}`, ...kept].join('\n')}\n`
}

/** Host names from the file and from DNS: other sources ask somebody outside (nsswitch.conf(5)). */
function nsswitch(text: string): string {
  return text.replace(/^\s*hosts:.*$/m, 'hosts: files dns')
}

/** Suffixes that lookups try by themselves: of several lines the last holds. */
export function searchList(files: readonly StandIn[]): readonly string[] {
  const text = files.find(({ name }) => name === 'resolv.conf')?.text ?? ''
  return (
    text
      .match(/^\s*(?:search|domain)\s.*$/gm)
      ?.at(-1)
      ?.trim()
      .split(/\s+/) ?? []
  ).slice(1)
}
