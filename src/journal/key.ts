// The key that signs checkpoints: Ed25519, made at first start, in a folder that the resolver cannot enter.

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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

/** The file holds no such key; the message says how to mend it. */
export class KeyError extends Error {
  override readonly name = 'KeyError'
}

const OWNER_ONLY = 0o600
const GROUP_READS = 0o640
const ID_DIGITS = 16

/** Loads the key, or makes one. Throws what the file system says, and KeyError. */
export function loadSigningKey({ privateKey, publicKey }: Pick<JournalPaths, 'privateKey' | 'publicKey'>): SigningKey {
  if (!existsSync(privateKey)) makeKey(privateKey)
  const key = parseKey(privateKey, createPrivateKey, 'move it away, and a new one is made')
  const open = createPublicKey(key)
  if (!existsSync(publicKey)) writeWhole(publicKey, open.export({ type: 'spki', format: 'pem' }), GROUP_READS)
  return { id: idOf(open), sign: (text) => sign(null, Buffer.from(text), key).toString('base64url') }
}

function makeKey(file: string): void {
  const { privateKey } = generateKeyPairSync('ed25519')
  writeWhole(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), OWNER_ONLY)
}

/** A full disk leaves no half of a key, which would keep everything from being signed for good. */
function writeWhole(file: string, text: string | Buffer, mode: number): void {
  const temporary = `${file}.new`
  try {
    rmSync(temporary, { force: true })
    writeFileSync(temporary, text, { mode, flag: 'wx', flush: true })
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

function parseKey(file: string, parse: (text: Buffer) => KeyObject, mend: string): KeyObject {
  const text = readFileSync(file)
  try {
    const key = parse(text)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (cause) {
    throw new KeyError(`${file} holds no key in PEM: ${mend}`, { cause })
  }
  throw new KeyError(`${file} holds no Ed25519 key: ${mend}`)
}

/** Undefined: there is no such file. Throws KeyError. */
export function loadVerifyingKey(file: string): VerifyingKey | undefined {
  if (!existsSync(file)) return undefined
  const key = parseKey(file, createPublicKey, 'name the public key of the log, key.pub.pem')
  return { id: idOf(key), verify: (text, signature) => verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url')) }
}

function idOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, ID_DIGITS)
}
