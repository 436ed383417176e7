// What cannot be done is told in words, with exit code 2, whatever the file system has to say.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { makeHome } from './home.ts'

const CALLS: readonly (readonly [words: string, said: RegExp])[] = [
  ['check --junit nowhere/check.xml', /cannot write nowhere\/check\.xml: ENOENT/],
  ['check --sarif zones', /cannot write zones: EISDIR/],
  ['check --live', /--live tries what --needs FILE names/],
  ['check --zones=', /--zones: expected /],
  ['log verify --key nowhere', /there is no key nowhere/],
  ['log verify --key sallyport.yaml', /sallyport\.yaml holds no key in PEM: name the public key/],
  ['log verify --key rsa.pem', /rsa\.pem holds no Ed25519 key/],
  ['log ship http://127.0.0.1:4318 nowhere --once', /there is no folder nowhere/],
  ['report /proc/evidence', /ENOENT.*\/proc\/evidence/],
  ['report sallyport.yaml', /sallyport\.yaml/],
  ['prove --far 192.0.2.1 --token 01234567 --sandbox 4194305', /there is no process 4194305/],
  ['up --state /proc/state', /cannot make the state folder \/proc\/state: ENOENT.*choose another/],
]

for (const [words, said] of CALLS) {
  test(`${words}: one line says why`, (t) => {
    const { run, write } = makeHome(t, { zones: { 'app.zone': 'a.example\n' } })
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    write('rsa.pem', publicKey.export({ type: 'spki', format: 'pem' }))
    const { status, stderr } = run(...words.split(' '))
    assert.equal(status, 2, stderr)
    assert.match(stderr, said)
    assert.match(stderr, /^sallyport: .*\n$/)
  })
}
