import type { Attack } from '../../prove/attack.ts'
import { nextHop } from '../../prove/toolbox.ts'

export default {
  tries: 'connects to port 8080 of the gateway at its link-local address',
  guards: ['forward'],
  run: ({ tcp }) => tcp(`${linkLocalOf(nextHop())}%eth0`, 8080),
} satisfies Attack

/** As the kernel makes it of the Ethernet address (RFC 4291 appendix A). */
function linkLocalOf(station: Uint8Array): string {
  const [a, b, c, d, e, f] = station as unknown as readonly [number, number, number, number, number, number]
  const groups = [(a ^ 2) * 256 + b, c * 256 + 0xff, 0xfe00 + d, e * 256 + f]
  return `fe80::${groups.map((group) => group.toString(16)).join(':')}`
}
