import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends to the time service beside the metadata, UDP port 123',
  run: ({ udp }) => udp('169.254.169.123', 123),
} satisfies Attack
