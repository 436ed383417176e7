// Names as people write them: any case, final dot, U-labels, and by mistake as a URL or with a port.

import { domainToASCII } from 'node:url'
import { type Name, NameError, parseName } from '../dns/name.ts'
import { parseAddress } from '../net/address.ts'
import { formatPortRange, type PortRange, parsePortRange } from '../net/port.ts'
import { ZoneSyntaxError } from './problem.ts'

/** A name, or with `wildcard` every name below it. */
export interface NamePattern {
  readonly name: Name
  readonly wildcard: boolean
}

const WRITABLE = /^(?:[A-Za-z0-9_-]|\\.)+(?:\.(?:[A-Za-z0-9_-]|\\.)+)*\.?$/
const USUAL_PORT: PortRange = { protocol: 'tcp', first: 443, last: 443 }
/** As commands take it. */
const WITH_PROTOCOL = /^[^:/]+:(?:tcp|udp)\/[\d-]+$/
const BRACKETED = /^\[([^\]]*)\](?::(.*))?$/
const ALL_DIGITS = /(?:^|\.)\d+\.?$/

/** "example.org", "*.example.org". Throws ZoneSyntaxError, which says what to write instead. */
export function parsePattern(text: string): NamePattern {
  const wildcard = text.startsWith('*.')
  return { name: parseHostName(wildcard ? text.slice(2) : text, text), wildcard }
}

export function formatPattern({ name, wildcard }: NamePattern): string {
  return wildcard ? `*.${name}` : name
}

function parseHostName(host: string, written: string): Name {
  const quoted = JSON.stringify(written)
  if (written.includes('/') && !WITH_PROTOCOL.test(written)) throw new ZoneSyntaxError(`${quoted} is not a name${suggestHost(written)}`)
  if (host.includes(':')) throw new ZoneSyntaxError(`${quoted}${explainColons(written)}`)
  if (host.includes('*')) throw new ZoneSyntaxError(`${quoted}: a "*" stands for whole labels, first and alone, as in "*.example.org"`)
  const ascii = isAscii(host) ? host : toALabels(host, quoted)
  if (!WRITABLE.test(ascii)) throw new ZoneSyntaxError(`${quoted} is not a domain name`)
  if (ALL_DIGITS.test(ascii)) throw new ZoneSyntaxError(`${quoted} is neither an address nor a name`)
  return parseChecked(ascii, quoted)
}

function parseChecked(ascii: string, quoted: string): Name {
  try {
    return parseName(ascii)
  } catch (error) {
    if (error instanceof NameError) throw new ZoneSyntaxError(`${quoted}: ${error.message}`, { cause: error })
    throw error
  }
}

/** A name with a port, or something like an IPv6 address. */
function explainColons(written: string): string {
  const [, bracketed = written, behind] = BRACKETED.exec(written) ?? []
  const plain = bracketed.split('%')[0]!
  if (parseAddress(plain) !== undefined) return `: write the address alone, as in ${JSON.stringify(withPort(plain, behind))}`
  const [name = '', port, ...rest] = written.split(':')
  if (bracketed !== written || rest.length > 0) return ' is neither an IPv6 address nor a name'
  return `: write the port apart, as in ${JSON.stringify(withPort(name, port ?? ''))}`
}

function withPort(subject: string, port: string | undefined): string {
  return port === undefined ? subject : `${subject} ${formatPortRange(parsePortRange(port) ?? USUAL_PORT)}`
}

function suggestHost(written: string): string {
  const url = URL.parse(written.includes('://') ? written : `https://${written}`)
  return url?.hostname.includes('.') ? `; write "${url.hostname}"` : ''
}

function toALabels(host: string, quoted: string): string {
  const ascii = domainToASCII(host)
  if (ascii === '') throw new ZoneSyntaxError(`${quoted} is not an internationalised domain name`)
  return ascii
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text)
}
