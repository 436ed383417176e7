// Whether the kernel counts the packets of flows.
import { readFileSync, writeFileSync } from 'node:fs'

const SETTING = '/proc/sys/net/netfilter/nf_conntrack_acct'

/** Has it count the packets of flows that begin from now on, in this network namespace. False: it does not and may not be told to, as where /proc/sys is read-only. */
export function countPackets(): boolean {
  try {
    if (readFileSync(SETTING, 'utf8').trim() === '0') writeFileSync(SETTING, '1')
    return true
  } catch {
    return false
  }
}
