// The key that signs checkpoints: Ed25519, made at first start, in a folder that the resolver cannot enter.

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { JournalPaths } from './folder.ts'

export interface SigningKey {
  /** Names the public key: 16 hexadecimal digits of its SHA-256. */
  readonly id: string
  sign(text: string): string
}

export interface VerifyingKey {
  readonly id: string
  verify(text: string, signature: string): boolean
}

const OWNER_ONLY = 0o600
const GROUP_READS = 0o640
const ID_DIGITS = 16

/** Loads the key, or makes one. Throws what the file system says, and where the file holds no Ed25519 key. */
export function loadSigningKey({ privateKey, publicKey }: Pick<JournalPaths, 'privateKey' | 'publicKey'>): SigningKey {
  if (!existsSync(privateKey)) makeKey(privateKey)
  const key = createPrivateKey(readFileSync(privateKey))
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${privateKey} holds no Ed25519 key: move it away, and a new one is made`)
  const open = createPublicKey(key)
  if (!existsSync(publicKey)) writeFileSync(publicKey, open.export({ type: 'spki', format: 'pem' }), { mode: GROUP_READS })
  return { id: idOf(open), sign: (text) => sign(null, Buffer.from(text), key).toString('base64url') }
}

function makeKey(file: string): void {
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: OWNER_ONLY, flag: 'wx' })
}

/** Undefined: there is no such file. Throws where it holds no Ed25519 key. */
export function loadVerifyingKey(file: string): VerifyingKey | undefined {
  if (!existsSync(file)) return undefined
  const key = createPublicKey(readFileSync(file))
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${file} holds no Ed25519 public key`)
  return { id: idOf(key), verify: (text, signature) => verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url')) }
}

function idOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, ID_DIGITS)
}
