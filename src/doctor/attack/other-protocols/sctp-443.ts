import type { Attack } from '../../prove/attack.ts'
import { ip } from '../../prove/packet.ts'

const SCTP = 132
/** Source and destination port, verification tag, checksum (RFC 9260). */
const PORTS = Uint8Array.of(0x4e, 0x20, 1, 0xbb, 0, 0, 0, 1, 0, 0, 0, 0)

export default {
  tries: 'sends SCTP to an opened address, port 443',
  assumes: ['net_raw'],
  run: async ({ ask, name, own, open, payload, packet }) => {
    await ask(name('open'))
    packet(ip({ source: own[4], destination: open[4], protocol: SCTP }, Buffer.concat([PORTS, payload])))
  },
} satisfies Attack
