// The published corpus of escapes against guard: output.
import { test } from 'node:test'
import { assertHeld, prove } from '../support/prove.ts'

test('nothing gets out of a namespace whose table is owned', (t) => assertHeld(prove(t, '--guard', 'output'), 'owner'))

test('nothing gets out of a namespace whose table only root could flush', (t) =>
  assertHeld(prove(t, '--guard', 'output', '--owner', 'off'), 'none'))
