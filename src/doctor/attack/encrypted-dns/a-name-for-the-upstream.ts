import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'has an allowed name lead to the upstream, then speaks to it over TLS',
  run: async ({ ask, name, tcp, upstream }) => {
    const hex = Buffer.from(upstream[4].split('.').map(Number)).toString('hex')
    await ask(name('open', `a-${hex}`))
    await tcp(upstream[4], 853)
  },
} satisfies Attack
