import type { Attack } from '../../prove/attack.ts'

const FIRST_PORT = 30_000

export default {
  tries: 'answers on a connection that the far side begins, over IPv6',
  run: async ({ answer, knock, number }) => {
    const port = FIRST_PORT + number
    await answer('tcp', port)
    await knock('tcp', 6, port)
  },
} satisfies Attack
