import { identityOf } from '../../../daemon/identity.ts'
import type { Attack } from '../../prove/attack.ts'
import { sendingScript } from '../../prove/script.ts'

export default {
  tries: 'becomes the user of the updater and asks the upstream for a denied name',
  assumes: ['setuid', 'setgid'],
  run: ({ asUser, upstream, question, name }) =>
    asUser(identityOf('updater', 'auto').uid, sendingScript(upstream[4], 53, question(name('denied')))),
} satisfies Attack
