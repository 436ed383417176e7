import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from './namespace.ts'

/** A certificate that signs itself: who trusts it by its file trusts nobody else. */
export interface Certificate {
  readonly folder: string
  /** PEM files. */
  readonly file: string
  readonly key: string
  remove(): void
}

export function createCertificate(names: readonly string[], addresses: readonly string[]): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-certificate-'))
  chmodSync(folder, 0o755)
  const file = join(folder, 'certificate.pem')
  const key = join(folder, 'key.pem')
  const subjects = [...names.map((name) => `DNS:${name}`), ...addresses.map((address) => `IP:${address}`)].join()
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const what = ['-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${subjects}`, '-days', '2']
  runCommand(['openssl', 'req', '-x509', ...curve, '-keyout', key, '-out', file, ...what])
  return { folder, file, key, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
