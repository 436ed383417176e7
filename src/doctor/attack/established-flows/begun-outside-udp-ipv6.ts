import type { Attack } from '../../prove/attack.ts'

const FIRST_PORT = 30_000

export default {
  tries: 'answers on a flow of datagrams that the far side begins, over IPv6',
  run: async ({ answer, knock, number }) => {
    const port = FIRST_PORT + number
    await answer('udp', port)
    await knock('udp', 6, port)
  },
} satisfies Attack
