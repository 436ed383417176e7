// The updater's socket file: in a folder that only the resolver may enter, and none of whose files it may trick us with.
// Made in one go: nobody is served yet who would have to wait meanwhile, and every name waits for it.

import { chmodSync, chownSync, lchownSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs'
import { createConnection, type Server } from 'node:net'
import { dirname } from 'node:path'
import { UpdaterStartError } from './start-error.ts'

const OWNER_ONLY_FOLDER = 0o700
const OWNER_ONLY = 0o600
const GROUP_FOLDER = 0o710
const GROUP_TOO = 0o660
/** To chown(2): leave it. */
const SAME_GROUP = -1

/** Lets `server` listen at `path`, for `uid` alone. A socket file left by a crash is replaced. Throws UpdaterStartError. */
export async function listenPrivately(server: Server, path: string, uid: number): Promise<void> {
  await explaining(path, async () => {
    closeFolder(dirname(path))
    await removeStale(path)
    await listen(server, path)
    chmodSync(path, OWNER_ONLY)
    if (uid !== process.getuid!()) handOver(path, uid)
  })
}

/** Asked before anything is changed. Throws UpdaterStartError if an updater listens there. */
export async function checkAlone(path: string): Promise<void> {
  await explaining(path, async () => {
    if (await isAnswered(path)) throw new UpdaterStartError(`another updater is running: it answers at ${path}; stop it first`)
  })
}

async function explaining(path: string, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (cause) {
    if (cause instanceof UpdaterStartError) throw cause
    throw new UpdaterStartError(`cannot use the socket ${path}: ${(cause as Error).message}`, { cause })
  }
}

/** The folder is ours, whoever had it before: while it is, the resolver cannot swap files under our hands. */
function closeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER })
  const stats = lstatSync(folder)
  if (!stats.isDirectory()) throw new UpdaterStartError(`${folder} is not a folder: remove it`)
  if (stats.uid !== process.getuid!()) lchownSync(folder, process.getuid!(), SAME_GROUP)
  chmodSync(folder, OWNER_ONLY_FOLDER)
}

async function removeStale(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return
  if (!stats.isSocket()) throw new UpdaterStartError(`${path} is not a socket: remove it`)
  await checkAlone(path)
  unlinkSync(path)
}

/** Does a process listen there? */
export async function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const socket = createConnection(path, () => resolve(true))
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT' || error.code === 'ENOTSOCK') resolve(false)
    else reject(error)
  })
  return promise.finally(() => socket.destroy())
}

async function listen(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(path, resolve)
  await promise.finally(() => server.off('error', reject))
}

/** The folder last: with it goes the power over its files. */
function handOver(path: string, uid: number): void {
  try {
    lchownSync(path, uid, SAME_GROUP)
    chownSync(dirname(path), uid, SAME_GROUP)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
    openToGroup(path, uid)
  }
}

/** Without CAP_CHOWN, as in a container: the resolver comes in by our group. Whoever else is in it is still turned away by its uid. */
function openToGroup(path: string, uid: number): void {
  if (process.getgid!() === 0) {
    throw new UpdaterStartError(`cannot give ${path} to user ${uid}: start the updater with the resolver's group, or with CAP_CHOWN`)
  }
  chmodSync(path, GROUP_TOO)
  chmodSync(dirname(path), GROUP_FOLDER)
}
