import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'has an answer reach it before its address is open, and connects elsewhere meanwhile',
  during: 'freeze the updater',
  run: async ({ storm, ask, name, tcp, closed, disturbed }) =>
    storm(async () => {
      await ask(name('theirs'))
      await tcp(closed[4], 443, { timeoutMs: 20 })
    }, disturbed()),
} satisfies Attack
