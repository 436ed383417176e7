// The only reader of the environment.

import { fstatSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

/** What the process was started with, beside its arguments. */
export interface Environment {
  readonly workingFolder: string
  /** The folder of sockets where no setting names one. */
  readonly stateFolder: string
  /** The folder of the decision log where no setting names one. */
  readonly journalFolder: string
  /** Who reads standard error: people at a terminal, systemd's journal, or something else. */
  readonly errorStream: 'pretty' | 'journal' | 'json'
  /** Undefined unless one that wants to be told has started this process. */
  readonly manager: ServiceManager | undefined
  /** Who called sudo, if that is how this was started: sudo(8). */
  readonly invoker: number | undefined
}

/** systemd, or what speaks its protocol: sd_notify(3), sd_watchdog_enabled(3). */
export interface ServiceManager {
  readonly socket: string
  /** How often it expects a sign of life; undefined: never. */
  readonly watchdogMs: number | undefined
  /** Descriptors that it has kept for us since an earlier start, by the names that we gave them: sd_listen_fds_with_names(3). */
  readonly kept: ReadonlyMap<string, number>
}

/** The first descriptor that a service manager passes: sd_listen_fds(3). */
const FIRST_PASSED = 3

export function readEnvironment(): Environment {
  return {
    workingFolder: process.cwd(),
    stateFolder: defaultStateFolder(),
    journalFolder: defaultJournalFolder(),
    errorStream: process.stderr.isTTY === true ? 'pretty' : isJournal() ? 'journal' : 'json',
    manager: serviceManager(),
    invoker: invoker(),
  }
}

function defaultStateFolder(): string {
  const uid = process.getuid!()
  if (uid === 0) return '/run/sallyport'
  const runtimeFolder = process.env.XDG_RUNTIME_DIR
  return runtimeFolder ? join(runtimeFolder, 'sallyport') : join(tmpdir(), `sallyport-${uid}`)
}

/** JOURNAL_STREAM names device and inode of the stream; children inherit the variable, but not always the stream (systemd.exec(5)). */
function isJournal(): boolean {
  const { JOURNAL_STREAM: stream } = process.env
  if (!stream) return false
  const { dev, ino } = fstatSync(process.stderr.fd)
  return stream === `${dev}:${ino}`
}

function invoker(): number | undefined {
  const uid = process.env.SUDO_UID
  return uid !== undefined && /^\d+$/.test(uid) ? Number(uid) : undefined
}

function serviceManager(): ServiceManager | undefined {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: watchdog } = process.env
  return socket ? { socket, watchdogMs: watchdog ? Number(watchdog) / 1000 : undefined, kept: keptDescriptors() } : undefined
}

function keptDescriptors(): ReadonlyMap<string, number> {
  const { LISTEN_PID, LISTEN_FDNAMES } = process.env
  if (LISTEN_PID !== String(process.pid) || !LISTEN_FDNAMES) return new Map()
  return new Map(LISTEN_FDNAMES.split(':').map((name, index) => [name, FIRST_PASSED + index]))
}

/** What lasts longer than a boot: /var/lib, or XDG Base Directory's folder of state. */
function defaultJournalFolder(): string {
  if (process.getuid!() === 0) return '/var/lib/sallyport'
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'sallyport')
}
