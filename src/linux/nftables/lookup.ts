// Single elements of a set, looked up by their keys: each costs the same however many the set has, where a dump of a hash set walks through it
// from its beginning for every 32 KiB that it tells (nft_rhash_walk in net/netfilter/nft_set_hash.c).
import { type NetlinkSocket, NLM } from '../netlink/socket.ts'
import { Writer } from '../netlink/writer.ts'
import { type ElementState, readElements } from './dump.ts'
import { beginElements, writeElement } from './element.ts'
import type { TableRef } from './message.ts'
import { FAMILY, NFNL_SUBSYS_NFTABLES, NFT_MSG } from './vocabulary.ts'

/** Each reply takes two pages of what may wait to be read, of which there are 416 KiB where no more is allowed. */
const KEYS_A_SEND = 32

export type LookUp = (table: TableRef, set: string, keys: readonly Uint8Array[]) => readonly ElementState[]

export function createLookUp(socket: NetlinkSocket): LookUp {
  const writer = new Writer(16 * 1024)

  function ask(table: TableRef, set: string, keys: readonly Uint8Array[], found: ElementState[]): void {
    writer.clear()
    keys.forEach((key, i) => {
      writer.beginMessage((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG.GETSETELEM, NLM.REQUEST, socket.nextSequence + i)
      writer.netfilterHeader(FAMILY[table.family], 0)
      const list = beginElements(writer, table, set)
      writeElement(writer, { key })
      writer.endNest(list)
      writer.endMessage()
    })
    socket.ask(writer.written(), keys.length, `look up elements of ${table.name} ${set}`, ({ body }) => found.push(...readElements(body)))
  }

  return (table, set, keys) => {
    const found: ElementState[] = []
    for (let first = 0; first < keys.length; first += KEYS_A_SEND) ask(table, set, keys.slice(first, first + KEYS_A_SEND), found)
    return found
  }
}
