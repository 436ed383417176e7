import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'sends a DNS response to another server, which trackers of queries let pass',
  run: ({ udp, closed, question, name }) => {
    const message = question(name('denied'))
    message[2]! |= 0x80
    return udp(closed[4], 53, message)
  },
} satisfies Attack
