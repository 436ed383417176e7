// Message → line.

import { MAX_LINE_OCTETS } from './frame.ts'
import { type Figures, type NameInUse, PROTOCOL_VERSION } from './message.ts'

export const RESOLVER_HELLO = `{"hello":{"protocol":${PROTOCOL_VERSION}}}\n`
export const FIGURES_LINE = '{"figures":true}\n'

export function encodeUpdaterHello(revision: string, generation: number): string {
  return `${JSON.stringify({ hello: { protocol: PROTOCOL_VERSION, revision, generation } })}\n`
}

export function encodeReady(revision: string): string {
  return `${JSON.stringify({ ready: revision })}\n`
}

export function encodeAnswering(revision: string): string {
  return `${JSON.stringify({ answering: revision })}\n`
}

export function encodeNext(revision: string): string {
  return `${JSON.stringify({ next: revision })}\n`
}

export function encodeRevision(revision: string): string {
  return `${JSON.stringify({ revision })}\n`
}

export function encodeGeneration(generation: number): string {
  return `${JSON.stringify({ generation })}\n`
}

export function encodeTaken(pid: number): string {
  return `${JSON.stringify({ taken: pid })}\n`
}

export function encodeFigures(figures: Figures): string {
  return `${JSON.stringify({ figures })}\n`
}

/** One line, or as many as the bound on their length makes necessary. */
export function encodeInUse(names: readonly NameInUse[]): string {
  const frameOctets = '{"inUse":[]}\n'.length
  let lines = ''
  let parts: string[] = []
  let octets = frameOctets
  for (const name of names) {
    const part = JSON.stringify(name)
    const partOctets = Buffer.byteLength(part) + 1
    if (octets + partOctets > MAX_LINE_OCTETS) {
      lines += `{"inUse":[${parts.join(',')}]}\n`
      parts = []
      octets = frameOctets
    }
    parts.push(part)
    octets += partOctets
  }
  return parts.length === 0 ? lines : `${lines}{"inUse":[${parts.join(',')}]}\n`
}
