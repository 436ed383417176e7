// Names as people write them: any case, final dot, U-labels, and by mistake as a URL or with a port.

import { domainToASCII } from 'node:url'
import { type Name, NameError, parseName } from '../dns/name.ts'
import { ZoneSyntaxError } from './problem.ts'

/** A name, or with `wildcard` every name below it. */
export interface NamePattern {
  readonly name: Name
  readonly wildcard: boolean
}

const WRITABLE = /^(?:[A-Za-z0-9_-]|\\.)+(?:\.(?:[A-Za-z0-9_-]|\\.)+)*\.?$/
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
  if (written.includes('/')) throw new ZoneSyntaxError(`${quoted} is not a name${suggestHost(written)}`)
  if (host.includes(':')) throw new ZoneSyntaxError(`${quoted}: write the port apart, as in "${host.slice(0, host.indexOf(':'))} tcp/443"`)
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
