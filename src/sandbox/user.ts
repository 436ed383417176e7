// Whom the command runs as.

import { readFileSync } from 'node:fs'
import { StartError } from '../daemon/start-error.ts'

export interface CommandUser {
  readonly uid: number
  readonly gid: number
  /** Where it is not the one who runs this: variables of its own, and whether the machine knows groups of it. */
  readonly other: { readonly variables: Readonly<Record<string, string>>; readonly isKnown: boolean } | undefined
}

export interface UserChoice {
  /** A name or a number. */
  readonly wanted: string | undefined
  /** Who called sudo: the user to confine, where nobody else is named. */
  readonly invoker: number | undefined
}

interface Entry {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

/** Throws StartError. */
export function commandUser({ wanted, invoker }: UserChoice): CommandUser {
  const own = { uid: process.geteuid!(), gid: process.getegid!(), other: undefined }
  if (own.uid !== 0) {
    if (wanted !== undefined) throw new StartError('--user: only root can run the command as somebody else')
    return own
  }
  const chosen = wanted ?? (invoker === undefined ? undefined : String(invoker))
  return chosen === undefined ? own : userNamed(chosen)
}

function userNamed(text: string): CommandUser {
  const isNumber = /^\d+$/.test(text)
  const entry = entries().find(({ name, uid }) => (isNumber ? uid === Number(text) : name === text))
  if (entry === undefined && !isNumber) throw new StartError(`--user: there is no user "${text}" here`)
  if (entry === undefined) return { uid: Number(text), gid: Number(text), other: { variables: {}, isKnown: false } }
  const { name, uid, gid, home } = entry
  return { uid, gid, other: { variables: { HOME: home, USER: name, LOGNAME: name }, isKnown: true } }
}

/** passwd(5): name, password, uid, gid, comment, home, shell. */
function entries(): readonly Entry[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 7)
    .map(([name, , uid, gid, , home]) => ({ name: name!, uid: Number(uid), gid: Number(gid), home: home! }))
}
