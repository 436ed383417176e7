import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'asks for a type of the private range, of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 65_400),
}

export default attack
