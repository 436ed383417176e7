import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'asks for the TXT records of a denied name',
  run: ({ ask, name }) => ask(name('denied'), 'TXT'),
}

export default attack
