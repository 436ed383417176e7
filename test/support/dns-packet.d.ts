// The part of dns-packet that the tests use.
declare module 'dns-packet' {
  export interface PacketRecord {
    readonly name: string
    readonly type: string
    readonly ttl?: number
    readonly data?: unknown
    readonly options?: readonly { readonly code: number; readonly data: Uint8Array }[]
  }
  export interface Packet {
    readonly id?: number
    readonly type?: 'query' | 'response'
    readonly flags?: number
    readonly rcode?: string
    readonly flag_tc?: boolean
    readonly questions?: readonly { readonly name: string; readonly type: string; readonly class?: string }[]
    readonly answers?: readonly PacketRecord[]
    readonly authorities?: readonly PacketRecord[]
    readonly additionals?: readonly object[]
  }
  const packet: { encode(packet: Packet): Buffer; decode(octets: Uint8Array): Packet; readonly RECURSION_DESIRED: number }
  export default packet
}
