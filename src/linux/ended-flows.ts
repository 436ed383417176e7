// Flows that have ended, with what they carried: connection tracking tells it once, as it forgets them.

import { CTA } from './conntrack-entry.ts'
import { SystemError } from './error.ts'
import { NETLINK, NetlinkSocket } from './netlink/socket.ts'

export interface EndedFlows {
  /** Gives each that has ended since the last call to `see`, valid during the call only. False: the kernel had to leave some out. Never waits. */
  poll(see: (entry: Buffer) => void): boolean
  close(): void
}

/** Of enum nfnetlink_groups. */
const NFNLGRP_CONNTRACK_DESTROY = 3

/**
 * Of the flows that carry all bits of `mark`; of all others the kernel queues nothing. Where net.netfilter.nf_conntrack_events is 2,
 * as it is by default, it tells of those that begin from now on.
 * @param queueOctets what may wait for `poll`: each takes about a kilobyte
 */
export function watchEndedFlows(mark: number, queueOctets?: number): EndedFlows {
  const socket = new NetlinkSocket(NETLINK.NETFILTER, queueOctets)
  socket.keepMarked(CTA.MARK, mark)
  socket.join(NFNLGRP_CONNTRACK_DESTROY)

  function poll(see: (entry: Buffer) => void): boolean {
    let isComplete = true
    for (;;) {
      try {
        for (const { body } of socket.poll()) see(body)
        return isComplete
      } catch (error) {
        if (!(error instanceof SystemError) || error.code !== 'ENOBUFS') throw error
        isComplete = false
      }
    }
  }

  return { poll, close: () => socket.close() }
}
