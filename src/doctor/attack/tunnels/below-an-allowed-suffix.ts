import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'puts the allowed suffix in the middle: "open.example.denied.example"',
  run: ({ ask, marker }) => ask(`${marker}.open.example.denied.example`),
}

export default attack
