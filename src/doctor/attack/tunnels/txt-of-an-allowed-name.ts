import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'asks for the TXT records of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 'TXT'),
}

export default attack
