import type { Attack } from '../../prove/attack.ts'
import { icmpPacket, ON_LINK, octetsOf } from '../../prove/packet.ts'

export default {
  tries: 'asks for the gateway in the name of a stranger, so that the gateway believes the stranger to be here',
  assumes: ['net_raw'],
  guards: ['forward'],
  run: ({ frame, closed, gateway }) => {
    const rest = Buffer.concat([new Uint8Array(4), octetsOf(gateway[6]), Uint8Array.of(1, 1, 2, 0, 0, 0, 0, 0x5a)])
    frame(icmpPacket({ source: closed[6], destination: gateway[6] }, 135, 0, rest, ON_LINK))
  },
} satisfies Attack
