import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends what it likes to an allowed name',
  open: 'what an allowed name is told nobody looks at: allow names whose owners you trust',
  run: async ({ ask, name, tcp }) => {
    const [address] = await ask(name('shared'), 'AAAA')
    if (address !== undefined) await tcp(address, 443)
  },
} satisfies Attack
