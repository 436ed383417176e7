import { existsSync, readFileSync } from 'node:fs'
import type { UserSetting } from '../config/config.ts'

export type Part = 'resolver' | 'updater'

/** Whom a process runs as. */
export interface Identity {
  readonly uid: number
  readonly gid: number
}

const PASSWD = '/etc/passwd'

/** Numbers that no distribution hands out: above users, below those of systemd's dynamic ones. */
const RESERVED: Readonly<Record<Part, Identity & { readonly user: string }>> = {
  resolver: { uid: 59_053, gid: 59_053, user: 'sallyport' },
  updater: { uid: 59_054, gid: 59_054, user: 'sallyport-updater' },
}

/** Whom a part becomes when started as root: as set, else the user made for it, else a number that nothing else uses. */
export function identityOf(part: Part, setting: UserSetting): Identity {
  if (setting !== 'auto') return setting
  const { user, uid, gid } = RESERVED[part]
  return userNamed(user) ?? { uid, gid }
}

/** From passwd(5): name, password, uid, gid … */
function userNamed(user: string): Identity | undefined {
  const lines = existsSync(PASSWD) ? readFileSync(PASSWD, 'utf8').split('\n') : []
  const line = lines.find((candidate) => candidate.startsWith(`${user}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined
}
