// The published corpus of escapes against guard: forward.
import { test } from 'node:test'
import { assertHeld, prove } from '../support/prove.ts'

test('nothing gets out through a gateway whose table is owned', (t) => assertHeld(prove(t, '--guard', 'forward'), 'owner'))

test('nothing gets out through a gateway whose table anybody may flush: routing is locked', (t) =>
  assertHeld(prove(t, '--guard', 'forward', '--owner', 'off'), 'lock'))
