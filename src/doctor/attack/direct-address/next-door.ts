import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'opens one address, then connects to its neighbour in the /24',
  run: async ({ ask, name, tcp, closed }) => {
    await ask(name('shared'))
    await tcp(
      closed[4].replace(/\d+$/, (octet) => String(Number(octet) ^ 1)),
      443,
    )
  },
} satisfies Attack
