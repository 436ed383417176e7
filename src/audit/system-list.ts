// Which destinations are the machine's own business (packages, updates, time, DNS), by a list that people edit.

import { isBelow, type Name } from '../dns/name.ts'
import { type Address, parseAddress } from '../net/address.ts'
import { coversPort, type PortRange, type Protocol, parsePortRange } from '../net/port.ts'
import { containsAddress } from '../net/prefix.ts'
import { DestinationError } from '../zones/destination-error.ts'
import { type Destination, parseDestination } from '../zones/edit.ts'

/** What was contacted; `port` undefined: only asked for. */
export interface Subject {
  readonly destination: string
  readonly port: { readonly protocol: Protocol; readonly port: number } | undefined
}

/** The word for a destination of the machine's own; undefined: an agent chose it. */
export type SystemList = (subject: Subject) => string | undefined

interface Line {
  readonly word: string
  /** Undefined: any. */
  readonly destination: Destination | undefined
  /** Empty: on any port. */
  readonly ports: readonly PortRange[]
}

const WORD = /^[a-z][a-z-]*$/

/** Throws DestinationError, with the line. */
export function parseSystemList(text: string, file: string): SystemList {
  const lines = text.split('\n').flatMap((line, index) => {
    const words = line.split('#')[0]!.trim().split(/\s+/)
    return words[0] === '' ? [] : [parseLine(words, `${file}:${index + 1}`)]
  })
  return (subject) => lines.find((line) => fits(line, subject))?.word
}

function parseLine([word, destination, ...ports]: readonly string[], place: string): Line {
  if (!WORD.test(word!) || destination === undefined)
    throw new DestinationError(`${place}: expected "WORD DESTINATION [PORT…]", as in "updates deb.debian.org tcp/80"`)
  const ranges = ports.map((text) => parsePort(text, place))
  if (destination !== '*') return { word: word!, destination: parseAt(destination, place), ports: ranges }
  if (ranges.length === 0) throw new DestinationError(`${place}: "*" needs ports, as in "time * udp/123"`)
  return { word: word!, destination: undefined, ports: ranges }
}

function parsePort(text: string, place: string): PortRange {
  const range = parsePortRange(text)
  if (range === undefined) throw new DestinationError(`${place}: port "${text}" is not one, as in tcp/443 or udp/123`)
  return range
}

function parseAt(text: string, place: string): Destination {
  try {
    const destination = parseDestination(text)
    if (destination.port === undefined) return destination
    throw new DestinationError(`write the port of "${text}" apart`)
  } catch (error) {
    if (error instanceof DestinationError) throw new DestinationError(`${place}: ${error.message}`, { cause: error })
    throw error
  }
}

function fits({ destination, ports }: Line, subject: Subject): boolean {
  if (ports.length > 0 && (subject.port === undefined || !coversPort(ports, subject.port.protocol, subject.port.port))) return false
  if (destination === undefined) return true
  const address: Address | undefined = parseAddress(subject.destination)
  if (destination.kind === 'prefix') return address !== undefined && containsAddress(destination.prefix, address)
  const { name, wildcard } = destination.pattern
  return wildcard ? isBelow(subject.destination as Name, name) : subject.destination === name
}
