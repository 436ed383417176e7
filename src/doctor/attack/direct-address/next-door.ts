import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'opens one address, then connects to its neighbours in the /24',
  run: async ({ ask, name, number, tcp }) => {
    await ask(name('shared'))
    for (const next of [number - 1, number + 1]) await tcp(`192.0.2.${next}`, 443)
  },
} satisfies Attack
