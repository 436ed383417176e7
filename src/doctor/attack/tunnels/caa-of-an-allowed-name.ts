import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'asks for CAA records of an allowed name',
  run: ({ ask, name }) => ask(name('open'), 257),
} satisfies Attack
