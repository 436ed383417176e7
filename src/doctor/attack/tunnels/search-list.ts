import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for an allowed name with a suffix of its own',
  run: ({ ask, marker }) => ask(`${marker}.open.example.corp.example`),
} satisfies Attack
