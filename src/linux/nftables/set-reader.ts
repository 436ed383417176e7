// Sets read slice by slice, over a socket of its own, so that everything else goes on between two slices.
import { NetlinkError } from '../error.ts'
import { NETLINK, NetlinkSocket } from '../netlink/socket.ts'
import { dumpInSlices, type ElementState, readElements, requestElements } from './dump.ts'
import type { TableRef } from './message.ts'

export interface SetReader {
  /**
   * The live elements of a set, in one reading. Of a set that grows or shrinks meanwhile some may be missing, or there twice. None if the set is
   * missing. One set at a time, to its end.
   */
  slices(table: TableRef, set: string): Generator<readonly ElementState[]>
  /**
   * Has another thread receive the slice that comes next: for each the kernel walks through the set from its beginning (lookup.ts), where there
   * are 200,000 elements for 20 ms. To be awaited before that slice is asked for. Rejects with SystemError.
   */
  fetch(): Promise<void>
  close(): void
}

/** Of the network namespace of now. */
export function openSetReader(): SetReader {
  const socket = new NetlinkSocket(NETLINK.NETFILTER)
  let isReading = false

  function* slices(table: TableRef, set: string): Generator<readonly ElementState[]> {
    isReading = true
    try {
      yield* dumpInSlices(socket, requestElements(table, set), readElements)
    } catch (error) {
      if (!(error instanceof NetlinkError) || error.code !== 'ENOENT') throw error
    } finally {
      isReading = false
    }
  }

  return {
    slices,
    fetch: async () => {
      if (isReading) await socket.fetchDump()
    },
    close: () => socket.close(),
  }
}
