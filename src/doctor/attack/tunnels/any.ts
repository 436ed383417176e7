import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'asks for ANY of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 'ANY'),
}

export default attack
