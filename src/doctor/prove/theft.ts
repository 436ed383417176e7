// Tools of attacks that go for the guard's own rights: its users, its namespace, its rules.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { inNamespaceOf } from '../../linux/namespace.ts'
import type { Message } from '../../linux/nftables/message.ts'
import { openNftables } from '../../linux/nftables/nftables.ts'
import { NFT_MSG } from '../../linux/nftables/vocabulary.ts'
import { sendMarked } from '../../linux/packet.ts'
import { encodeAddress, parseAddress } from '../../net/address.ts'
import type { Tools } from './attack.ts'
import { quietly } from './script.ts'

type Thefts = Pick<Tools, 'asOwnRoot' | 'flushRules' | 'guardPids' | 'enterGuard'>

const LONGEST_RUN_MS = 2_000

/** All tables of a family, as "nft flush ruleset inet" has it. */
export const FLUSH_RULESET: readonly Message[] = (['inet', 'ip', 'ip6'] as const).map((family) => {
  return { type: NFT_MSG.DELTABLE, flags: 0, family, write: () => undefined }
})

export function thefts(state: string | undefined): Thefts {
  const guardPids = (): readonly number[] => (state === undefined ? [] : pidsWithWord(state))
  return {
    asOwnRoot: (script) =>
      run('unshare', ['--user', '--map-root-user', '--', 'sh', '-c', 'nft flush ruleset; exec "$0" -e "$1"', process.execPath, script], {}),
    flushRules: () => quietly(flushRuleset),
    guardPids,
    enterGuard: (address, payload) => {
      for (const pid of guardPids()) quietly(() => inNamespaceOf(pid, () => sendMarked(0, encodeAddress(parseAddress(address)!), payload)))
    },
  }
}

/** Runs Node's code of one line as another user. */
export function asUser(uid: number, script: string): Promise<void> {
  return run(process.execPath, ['-e', script], { uid, gid: uid })
}

/** However it ends, and whether or not it may begin: that is for the far side to see. */
async function run(command: string, words: readonly string[], identity: { readonly uid?: number; readonly gid?: number }): Promise<void> {
  try {
    await promisify(execFile)(command, words, { ...identity, timeout: LONGEST_RUN_MS })
  } catch {
    return
  }
}

function flushRuleset(): void {
  const nftables = openNftables()
  try {
    const transaction = nftables.begin()
    transaction.addAll(FLUSH_RULESET)
    nftables.commit(transaction)
  } finally {
    nftables.close()
  }
}

/** Processes whose command line holds the path. */
function pidsWithWord(path: string): readonly number[] {
  const folder = path.slice(0, path.lastIndexOf('/'))
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => commandLineOf(pid).includes(folder)).map(Number)
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
