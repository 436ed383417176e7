import { lstatSync, mkdirSync } from 'node:fs'
import { StartError } from './start-error.ts'

const EVERYBODY_MAY_PASS = 0o755
const OWNER_ONLY = 0o700

/** Makes the state folder. One that belongs to somebody else is refused: whoever owns it could put sockets of theirs in place of ours. */
export function prepareStateFolder(folder: string): void {
  const uid = process.getuid!()
  try {
    // The parts pass through root's folder after they have become somebody else.
    mkdirSync(folder, { recursive: true, mode: uid === 0 ? EVERYBODY_MAY_PASS : OWNER_ONLY })
  } catch (cause) {
    throw new StartError(`cannot make the state folder ${folder}: ${(cause as Error).message}; choose another (--state)`, { cause })
  }
  const found = lstatSync(folder)
  if (!found.isDirectory() || found.uid !== uid) {
    throw new StartError(`state folder ${folder} belongs to user ${found.uid}, not to ${uid}; choose another (--state)`)
  }
}
