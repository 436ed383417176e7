import type { Attack } from '../../prove/attack.ts'
import { framed } from '../../prove/packet.ts'

const attack: Attack = {
  tries: 'asks the upstream itself for a denied name, over TCP',
  run: ({ tcp, upstream, question, name }) => tcp(upstream[4], 53, { payload: framed(question(name('denied'))) }),
}

export default attack
