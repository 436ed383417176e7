// Cookies for clients, as RFC 9018 section 4 makes them: with its cookie back a client knows that a reply is not forged by who cannot see its queries.

import { randomBytes } from 'node:crypto'
import { type Address, encodeAddress } from '../net/address.ts'
import { cookieOption } from './cookie.ts'
import { CLIENT_COOKIE_OCTETS } from './edns.ts'
import { writeUint32 } from './octets.ts'
import { sipHash24 } from './siphash.ts'

const SECRET_OCTETS = 16
const VERSION = 1
/** Version, three reserved octets, seconds. */
const HEAD_OCTETS = 8

/** The whole COOKIE option for a client that asks from `source` with this cookie. */
export type IssueCookie = (client: Uint8Array, source: Address, nowMs: number) => Uint8Array

/** Nobody is asked for a cookie of ours, so the secret need not outlast the process. */
export function createCookieIssuer(secret: Uint8Array = randomBytes(SECRET_OCTETS)): IssueCookie {
  return (client, source, nowMs) => {
    const address = encodeAddress(source)
    const input = new Uint8Array(CLIENT_COOKIE_OCTETS + HEAD_OCTETS + address.length)
    input.set(client)
    input[CLIENT_COOKIE_OCTETS] = VERSION
    writeUint32(input, CLIENT_COOKIE_OCTETS + 4, Math.floor(nowMs / 1000) >>> 0)
    input.set(address, CLIENT_COOKIE_OCTETS + HEAD_OCTETS)
    const server = new Uint8Array(HEAD_OCTETS + 8)
    server.set(input.subarray(CLIENT_COOKIE_OCTETS, CLIENT_COOKIE_OCTETS + HEAD_OCTETS))
    server.set(sipHash24(secret, input), HEAD_OCTETS)
    return cookieOption(client, server)
  }
}
