// A connection-tracking helper on the gateway, as hosts have that let FTP through: it expects flows that a control connection talks of.
import { NetlinkError } from '../../linux/error.ts'
import { NLM } from '../../linux/netlink/socket.ts'
import type { Expression } from '../../linux/nftables/expression.ts'
import { port } from '../../linux/nftables/match.ts'
import { type Message, newChain, newRule, newTable } from '../../linux/nftables/message.ts'
import { openNftables } from '../../linux/nftables/nftables.ts'
import { NFT_MSG, PRIORITY, VERDICT } from '../../linux/nftables/vocabulary.ts'

const TABLE = { family: 'inet', name: 'tracker' } as const
const HELPER = 'ftp'
const CONTROL_PORT = 443
/** NFTA_OBJ_*, NFTA_CT_HELPER_* and NFTA_OBJREF_* of include/uapi/linux/netfilter/nf_tables.h. */
const OBJECT = { TABLE: 1, NAME: 2, TYPE: 3, DATA: 4 } as const
const CT_HELPER = { NAME: 1, L3PROTO: 2, L4PROTO: 3 } as const
const REFERENCE = { TYPE: 1, NAME: 2 } as const
const NFT_OBJECT_CT_HELPER = 3
const NFPROTO_IPV4 = 2
const IPPROTO_TCP = 6

/** In the network namespace that we are in. Without effect where the kernel has no such helper. */
export function trackFtp(): void {
  const nftables = openNftables()
  try {
    const transaction = nftables.begin()
    transaction.addAll([
      newTable({ ...TABLE, flags: 0, comment: 'a helper that believes its clients' }),
      newHelper,
      newChain(TABLE, {
        name: 'prerouting',
        comment: 'all that could be FTP',
        base: { type: 'filter', hook: 'prerouting', priority: PRIORITY.filter, policy: VERDICT.accept },
      }),
      newRule(TABLE, {
        chain: 'prerouting',
        comment: 'has the helper listen',
        expressions: [...port('tcp', 'dport', CONTROL_PORT), setHelper],
      }),
    ])
    nftables.commit(transaction)
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error
  } finally {
    nftables.close()
  }
}

/** `ct helper ftp { type "ftp" protocol tcp; l3proto ip; }` */
const newHelper: Message = {
  type: NFT_MSG.NEWOBJ,
  flags: NLM.CREATE,
  family: TABLE.family,
  write: (writer) => {
    writer.text(OBJECT.TABLE, TABLE.name)
    writer.text(OBJECT.NAME, HELPER)
    writer.u32(OBJECT.TYPE, NFT_OBJECT_CT_HELPER)
    const nest = writer.beginNest(OBJECT.DATA)
    writer.text(CT_HELPER.NAME, HELPER)
    writer.u16(CT_HELPER.L3PROTO, NFPROTO_IPV4)
    writer.u8(CT_HELPER.L4PROTO, IPPROTO_TCP)
    writer.endNest(nest)
  },
}

/** `ct helper set "ftp"` */
const setHelper: Expression = {
  name: 'objref',
  write: (writer) => {
    writer.u32(REFERENCE.TYPE, NFT_OBJECT_CT_HELPER)
    writer.text(REFERENCE.NAME, HELPER)
  },
}
