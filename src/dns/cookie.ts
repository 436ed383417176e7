// The COOKIE option (RFC 7873 section 4): eight octets of the client's, behind them eight to thirty-two of the server's.

import { CLIENT_COOKIE_OCTETS, COOKIE, isCookieLength, optionsOf } from './edns.ts'
import { writeUint16 } from './octets.ts'

const NO_OCTETS = new Uint8Array(0)

export interface Cookie {
  readonly client: Uint8Array
  /** Empty where there is none. */
  readonly server: Uint8Array
}

export function cookieOption(client: Uint8Array, server: Uint8Array = NO_OCTETS): Uint8Array {
  const option = new Uint8Array(4 + client.length + server.length)
  writeUint16(option, 0, COOKIE)
  writeUint16(option, 2, client.length + server.length)
  option.set(client, 4)
  option.set(server, 4 + client.length)
  return option
}

/** Undefined: the message carries none, or one of a length that no cookie has. Views into the message. */
export function readCookie(message: Uint8Array): Cookie | undefined {
  const place = optionsOf(message).find(({ code }) => code === COOKIE)
  if (place === undefined || !isCookieLength(place.end - place.start)) return undefined
  const border = place.start + CLIENT_COOKIE_OCTETS
  return { client: message.subarray(place.start, border), server: message.subarray(border, place.end) }
}
