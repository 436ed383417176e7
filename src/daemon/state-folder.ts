import { chmodSync, chownSync, lstatSync, rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from '../folder.ts'
import type { StatePaths } from './path.ts'
import { StartError } from './start-error.ts'

const EVERYBODY_MAY_PASS = 0o755
const OWNER_ONLY = 0o700

/**
 * Makes the state folder. One that belongs to neither us nor root is refused: whoever owns it could put sockets of theirs in place of ours.
 * Parts that are started as users of their own share a folder of root's, writable for their group and sticky.
 */
export function prepareStateFolder(folder: string): void {
  const uid = process.getuid!()
  try {
    // The parts pass through root's folder after they have become somebody else.
    makeFolder(folder, uid === 0 ? EVERYBODY_MAY_PASS : OWNER_ONLY)
  } catch (cause) {
    throw new StartError(`cannot make the state folder ${folder}: ${(cause as Error).message}; choose another (--state)`, { cause })
  }
  const found = lstatSync(folder)
  if (!found.isDirectory() || (found.uid !== uid && found.uid !== 0)) {
    throw new StartError(`state folder ${folder} belongs to user ${found.uid}, not to ${uid}; choose another (--state)`)
  }
}

/** Makes the folder of clients that join at run time, for the updater alone to write: whoever else owned it could name clients of theirs. */
export function prepareClientFolder(folder: string, uid: number): void {
  try {
    makeFolder(folder, EVERYBODY_MAY_PASS)
  } catch (cause) {
    throw new StartError(`cannot make ${folder}: ${(cause as Error).message}; mend that, or choose another state folder (--state)`, {
      cause,
    })
  }
  const found = lstatSync(folder)
  if (!found.isDirectory() || ![0, uid].includes(found.uid)) {
    throw new StartError(`${folder} belongs to user ${found.uid}, not to ${uid}: remove it`)
  }
  // What the service manager's umask has taken away: the resolver reads here.
  if (found.uid === process.getuid!()) chmodSync(folder, EVERYBODY_MAY_PASS)
  if (found.uid !== uid) handOver(folder, uid)
}

/** Root without CAP_CHOWN, as in a container, cannot become somebody else either. */
function handOver(folder: string, uid: number): void {
  try {
    chownSync(folder, uid, uid)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
  }
}

/** Removes the sockets of parts that have ended: as users of their own they may not do so in root's folder. */
export function removeSockets({ leases, resolverControl, updaterControl }: StatePaths): void {
  for (const socket of [leases, resolverControl, updaterControl]) rmSync(socket, { force: true })
}

/** Removes all that a sallyport keeps in its state folder, and the folder if nothing else is in it. Returns what is another user's, and stays. */
export function removeState(paths: StatePaths): readonly string[] {
  removeSockets(paths)
  rmSync(paths.lock, { force: true })
  const folders = [dirname(paths.ledger), paths.clients]
  const stays = folders.filter((folder) => !attempt(() => rmSync(folder, { recursive: true, force: true }), ['EACCES', 'EPERM']))
  for (const folder of [dirname(paths.leases), paths.folder]) attempt(() => rmdirSync(folder), MAY_STAY)
  return stays
}

/** A folder that is not there, in use, a mount point, or in another where we may remove nothing. */
const MAY_STAY = ['ENOENT', 'ENOTEMPTY', 'EBUSY', 'EROFS', 'EACCES', 'EPERM']

/** False: failed as expected. */
function attempt(remove: () => void, expected: readonly string[]): boolean {
  try {
    remove()
    return true
  } catch (error) {
    if (!expected.includes((error as NodeJS.ErrnoException).code!)) throw error
    return false
  }
}
