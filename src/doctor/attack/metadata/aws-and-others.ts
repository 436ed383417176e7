import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'connects to 169.254.169.254, port 80',
  run: ({ tcp }) => tcp('169.254.169.254', 80),
}

export default attack
