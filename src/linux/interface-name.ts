import { libc } from './libc.ts'
import { textOf } from './netlink/reader.ts'

/** IF_NAMESIZE of net/if.h */
const NAME_OCTETS = 16

/** The name of an interface by its index; undefined if it is gone. */
export function interfaceNameOf(index: number): string | undefined {
  const name = Buffer.alloc(NAME_OCTETS)
  return libc.if_indextoname(index, name) === null ? undefined : textOf(name)
}
