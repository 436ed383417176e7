// The updater's socket file: in a folder that only the resolver may enter, and none of whose files it may trick us with.

import { chmod, chown, lchown, lstat, mkdir, unlink } from 'node:fs/promises'
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
    await closeFolder(dirname(path))
    await removeStale(path)
    await listen(server, path)
    await chmod(path, OWNER_ONLY)
    if (uid !== process.getuid!()) await handOver(path, uid)
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
async function closeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER })
  const { uid } = await lstat(folder).then((stats) => {
    if (!stats.isDirectory()) throw new UpdaterStartError(`${folder} is not a folder: remove it`)
    return stats
  })
  if (uid !== process.getuid!()) await lchown(folder, process.getuid!(), SAME_GROUP)
  await chmod(folder, OWNER_ONLY_FOLDER)
}

async function removeStale(path: string): Promise<void> {
  await checkAlone(path)
  const stats = await lstat(path).catch(ifMissing)
  if (stats === undefined) return
  if (!stats.isSocket()) throw new UpdaterStartError(`${path} is not a socket: remove it`)
  await unlink(path)
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
async function handOver(path: string, uid: number): Promise<void> {
  try {
    await lchown(path, uid, SAME_GROUP)
    await chown(dirname(path), uid, SAME_GROUP)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
    await openToGroup(path, uid)
  }
}

/** Without CAP_CHOWN, as in a container: the resolver comes in by our group. Whoever else is in it is still turned away by its uid. */
async function openToGroup(path: string, uid: number): Promise<void> {
  if (process.getgid!() === 0) {
    throw new UpdaterStartError(`cannot give ${path} to user ${uid}: start the updater with the resolver's group, or with CAP_CHOWN`)
  }
  await chmod(path, GROUP_TOO)
  await chmod(dirname(path), GROUP_FOLDER)
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
