// OpenTelemetry logs over HTTP, in JSON (OTLP specification 1.x, section "OTLP/HTTP"; the mapping of opentelemetry/proto/logs/v1).

import { hostname } from 'node:os'
import type { Stream } from '../record.ts'
import type { TailLine } from '../tail.ts'
import { type Destination, ShipError } from './destination.ts'
import { type Severity, severityOf, timeOf } from './severity.ts'

const LOGS_PATH = '/v1/logs'
const EPOCH = '1970-01-01T00:00:00Z'
const LATEST_ANSWER_MS = 10_000
/** Those that the specification lets a client try again. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504])
const SEVERITY_NUMBERS: Readonly<Record<Severity, number>> = { info: 9, warning: 13, error: 17 }

export function createOtlpDestination(url: URL): Destination {
  const target = url.pathname === '/' ? new URL(LOGS_PATH, url) : url

  async function send(stream: Stream, lines: readonly TailLine[]): Promise<void> {
    const response = await post(target, JSON.stringify(encodeLogs(stream, lines)))
    const said = (await response.text().catch(() => '')).slice(0, 200)
    if (!response.ok)
      throw new ShipError(`${target}: status ${response.status} ${said}`, { isPassing: PASSING_STATUSES.has(response.status) })
  }

  return { send, close: () => {} }
}

async function post(target: URL, body: string): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(LATEST_ANSWER_MS)
    return await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal, redirect: 'error' })
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
    throw new ShipError(`${target}: ${reason}`, { isPassing: true, cause })
  }
}

/** The body is the line as it was written, so that whoever has it can follow the chain. */
export function encodeLogs(stream: Stream, lines: readonly TailLine[]): object {
  const resource = { attributes: [textAttribute('service.name', 'sallyport'), textAttribute('host.name', hostname())] }
  const logRecords = lines.map(({ text, record }) => encodeRecord(stream, text, record))
  return { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 'sallyport.decisions' }, logRecords }] }] }
}

function encodeRecord(stream: Stream, text: string, record: TailLine['record']): object {
  const severity = severityOf(record)
  return {
    // 0: not known.
    timeUnixNano: `${BigInt(Date.parse(timeOf(record) ?? EPOCH)) * 1_000_000n}`,
    severityNumber: SEVERITY_NUMBERS[severity],
    severityText: severity,
    body: { stringValue: text },
    attributes: [textAttribute('sallyport.stream', stream), ...Object.entries(record).flatMap(encodeAttribute)],
  }
}

/** What is a list or an object is in the body. 64-bit numbers are texts in this mapping. */
function encodeAttribute([key, value]: [string, unknown]): readonly object[] {
  if (key === 'prev' || key === 'time') return []
  if (typeof value === 'string') return [textAttribute(`sallyport.${key}`, value)]
  return Number.isSafeInteger(value) ? [{ key: `sallyport.${key}`, value: { intValue: String(value) } }] : []
}

function textAttribute(key: string, value: string): object {
  return { key, value: { stringValue: value } }
}
