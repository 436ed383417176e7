import type { Attack } from '../../prove/attack.ts'
import { udpPacket } from '../../prove/packet.ts'

export default {
  tries: 'sends to the port of DHCP servers, from no address',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ frame, payload }) =>
    frame(udpPacket({ source: '0.0.0.0', destination: '255.255.255.255', sourcePort: 68, destinationPort: 67 }, payload)),
} satisfies Attack
