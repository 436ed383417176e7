// What programs make of a failure: a name whose addresses could not be found out is to be tried again, and not one that does not exist.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { decodeAnswer } from '../../src/dns/answer.ts'
import { TYPE } from '../../src/dns/vocabulary.ts'
import { policyOf, respond, soa } from '../resolver/world.ts'
import { startRig } from './rig.ts'

const ENTRIES = ['early.example', 'late.example', 'other-late.example', 'twice.example']

class NobodyAnswers extends Error {
  readonly kind = 'timeout'
}

const delay = (name: string, type: number): number => (name.startsWith(type === TYPE.A ? 'late' : 'other-late') ? 300 : 0)
const rig = await startRig({
  entries: ENTRIES,
  options: {
    upstream: {
      exchange: async (question) => {
        await pause(delay(question.name, question.type))
        if (question.type === TYPE.A) throw new NobodyAnswers('nobody answers')
        return { answer: decodeAnswer(respond(question, { authorities: [soa('example')] }), question) }
      },
    },
  },
})
after(() => rig.close())

for (const guard of ['none', 'forward'] as const) {
  test(`glibc, guard ${guard}: an A that fails and an AAAA that has no data are together a failure, whichever comes first`, async () => {
    rig.resolver.flush()
    // Under guard forward the client has no IPv6 address, so that AAAA is NODATA at once.
    rig.resolver.replacePolicy(policyOf(ENTRIES, { guard }))
    for (const name of [...ENTRIES, 'twice.example']) assert.equal((await rig.lookUp('glibc', name)).outcome, 'try again', name)
  })
}

test('musl: the same, which it finds out by itself', async () => {
  assert.equal((await rig.lookUp('musl', 'early.example')).outcome, 'try again')
})
