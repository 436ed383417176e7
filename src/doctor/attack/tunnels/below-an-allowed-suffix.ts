import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'puts the allowed suffix in the middle: "open.example.denied.example"',
  run: ({ ask, marker }) => ask(`${marker}.open.example.denied.example`),
} satisfies Attack
