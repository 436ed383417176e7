import type { Destination } from './destination.ts'
import { createOtlpDestination } from './otlp.ts'
import { createSyslogDestination } from './syslog.ts'

/** http:// and https:// speak OTLP, tcp:// and tls:// syslog. Undefined: the text is neither. */
export function openDestination(text: string): Destination | undefined {
  const url = URL.parse(text)
  if (url === null || url.hostname === '') return undefined
  if (url.protocol === 'http:' || url.protocol === 'https:') return createOtlpDestination(url)
  return url.port !== '' && (url.protocol === 'tcp:' || url.protocol === 'tls:') ? createSyslogDestination(url) : undefined
}
