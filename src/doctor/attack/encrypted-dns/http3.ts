import type { Attack } from '../../prove/attack.ts'

/** A long header, version 1 (RFC 9000 section 17.2). */
const QUIC_INITIAL = Uint8Array.of(0xc3, 0, 0, 0, 1)

export default {
  tries: 'speaks HTTP/3 to an address that is open for TCP',
  run: async ({ ask, name, udp, payload }) => {
    const [address] = await ask(name('open'), 'AAAA')
    if (address !== undefined) await udp(address, 443, Buffer.concat([QUIC_INITIAL, payload]))
  },
} satisfies Attack
