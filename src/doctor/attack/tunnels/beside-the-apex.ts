import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'appends data to an allowed suffix without a dot: "dataopen.example"',
  run: ({ ask, marker }) => ask(`${marker}open.example`),
} satisfies Attack
