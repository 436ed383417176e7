import type { Attack } from '../../prove/attack.ts'

const attack: Attack = {
  tries: 'asks for NULL records, which carry any octets, of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 'NULL'),
}

export default attack
