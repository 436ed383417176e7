// What a run makes goes with it, however it ends: its processes live in a PID namespace, its files on a tmpfs of its own mount namespace.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** What tmpdir() is inside. No copy of the program is ever below it. */
const FOLDER = '/run'
/** The shell is the first process of the namespace: it buries the orphans, and its end is the end of all others. */
const FIRST_PROCESS = `mount -t tmpfs -o mode=755 tmpfs ${FOLDER}; export TMPDIR=${FOLDER}; "$@"; exit`
const ENDS_WITH_PARENT = ['--pdeathsig', 'KILL', '--'] as const
const NAMESPACES = ['--pid', '--fork', '--kill-child', '--mount', '--mount-proc'] as const

/** Runs a command line so that nothing of it is left, and returns its exit code. Needs root; throws where util-linux is missing. */
export async function enclose(command: readonly string[]): Promise<number> {
  const words = [...ENDS_WITH_PARENT, 'unshare', ...NAMESPACES, 'sh', '-ec', FIRST_PROCESS, 'sh', ...command]
  const child = spawn('setpriv', words, { stdio: 'inherit' })
  try {
    const [code] = (await once(child, 'exit')) as [number | null]
    return code ?? 1
  } catch (error) {
    throw new Error('cannot run setpriv(1) and unshare(1): install the package util-linux', { cause: error })
  }
}
