import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'appends data to an allowed suffix without a dot: "dataopen.example"',
  run: ({ ask, marker }) => ask(`${marker}open.example`),
}

export default attack
