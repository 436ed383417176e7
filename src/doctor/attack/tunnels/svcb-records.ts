import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'asks for SVCB records of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 64),
}

export default attack
