import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'connects to port 22 of the gateway',
  guards: ['forward'],
  run: ({ tcp, gateway }) => tcp(gateway[4], 22),
}

export default attack
