// The numbers of include/uapi/linux/netfilter/nf_tables.h and netfilter.h that this program uses, under the header's names,
// and those that nft(8) alone defines, so that it can print what we write.

export const NFNL_SUBSYS_NFTABLES = 10
/** include/uapi/linux/netfilter/nfnetlink.h */
export const NFNL_MSG = { BATCH_BEGIN: 16, BATCH_END: 17 } as const
export const NFNLGRP_NFTABLES = 7

/** enum nf_tables_msg_types */
export const NFT_MSG = {
  NEWTABLE: 0,
  GETTABLE: 1,
  DELTABLE: 2,
  NEWCHAIN: 3,
  GETCHAIN: 4,
  DELCHAIN: 5,
  NEWRULE: 6,
  DELRULE: 8,
  NEWSET: 9,
  GETSET: 10,
  DELSET: 11,
  NEWSETELEM: 12,
  GETSETELEM: 13,
  DELSETELEM: 14,
  NEWGEN: 15,
  NEWOBJ: 18,
  DESTROYTABLE: 26,
  DESTROYSETELEM: 30,
} as const

/** include/uapi/linux/netfilter.h, enum nf_nftables family numbers */
export const FAMILY = { inet: 1, ip: 2, ip6: 10 } as const

export const NFTA_LIST_ELEM = 1
export const NFTA_TABLE = { NAME: 1, FLAGS: 2, USERDATA: 6, OWNER: 7 } as const
export const NFTA_CHAIN = { TABLE: 1, NAME: 3, HOOK: 4, POLICY: 5, TYPE: 7, FLAGS: 10, USERDATA: 12 } as const
export const NFTA_HOOK = { HOOKNUM: 1, PRIORITY: 2 } as const
export const NFTA_RULE = { TABLE: 1, CHAIN: 2, EXPRESSIONS: 4, USERDATA: 7 } as const
export const NFTA_SET = {
  TABLE: 1,
  NAME: 2,
  FLAGS: 3,
  KEY_TYPE: 4,
  KEY_LEN: 5,
  DESC: 9,
  ID: 10,
  TIMEOUT: 11,
  USERDATA: 13,
  EXPR: 17,
} as const
export const NFTA_SET_DESC = { SIZE: 1, CONCAT: 2 } as const
export const NFTA_SET_FIELD_LEN = 1
export const NFTA_SET_ELEM = {
  KEY: 1,
  TIMEOUT: 4,
  EXPIRATION: 5,
  USERDATA: 6,
  EXPR: 7,
  KEY_END: 10,
  EXPRESSIONS: 11,
} as const
export const NFTA_SET_ELEM_LIST = { TABLE: 1, SET: 2, ELEMENTS: 3 } as const
export const NFTA_DATA = { VALUE: 1, VERDICT: 2 } as const
export const NFTA_VERDICT = { CODE: 1, CHAIN: 2 } as const
export const NFTA_EXPR = { NAME: 1, DATA: 2 } as const
export const NFTA_COUNTER = { BYTES: 1, PACKETS: 2 } as const

/** enum nft_table_flags; PERSIST since Linux 6.9 */
export const TABLE_FLAG = { OWNER: 2, PERSIST: 4 } as const
/** enum nft_set_flags */
export const SET_FLAG = { INTERVAL: 4, TIMEOUT: 0x10, EVAL: 0x20, CONCAT: 0x80 } as const

/** enum nf_inet_hooks */
export const HOOK = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const
/** enum nf_ip_hook_priorities; nft calls -300 `raw`, -100 `dstnat`, 0 `filter`, 100 `srcnat` */
export const PRIORITY = { raw: -300, dstnat: -100, filter: 0, srcnat: 100 } as const
/** NF_DROP and NF_ACCEPT; NFT_JUMP and NFT_GOTO of enum nft_verdicts */
export const VERDICT = { drop: 0, accept: 1, jump: -3, goto: -4, return: -5 } as const

/** Types of the octets before a comment: nftnl/udata.h of libnftnl. */
export const UDATA = {
  TABLE_COMMENT: 0,
  CHAIN_COMMENT: 0,
  RULE_COMMENT: 0,
  SET_KEYBYTEORDER: 0,
  SET_COMMENT: 7,
  ELEMENT_COMMENT: 0,
} as const
/** enum byteorder of nft(8) */
export const BYTEORDER = { host: 1, bigEndian: 2 } as const

/** Key fields: enum datatypes of nft(8), and the octets that a value takes before it is padded to four. */
export const FIELD = {
  ipv4_addr: { type: 7, octets: 4 },
  ipv6_addr: { type: 8, octets: 16 },
  inet_proto: { type: 12, octets: 1 },
  inet_service: { type: 13, octets: 2 },
  iface_index: { type: 20, octets: 4 },
} as const
export type Field = keyof typeof FIELD

/** A key's type number: six bits a field (TYPE_BITS of nft(8)). */
export function keyTypeOf(fields: readonly Field[]): number {
  return fields.reduce((type, field) => (type << 6) | FIELD[field].type, 0)
}

/** A field's octets in a key: each is padded to a register of four, and so is the whole of a key with one field alone only if it is concatenated. */
export function keyOctetsOf(fields: readonly Field[]): number {
  return fields.reduce((octets, field) => octets + ((FIELD[field].octets + 3) & ~3), 0)
}
