import type { Address } from '../net/address.ts'

/** Where an upstream that is spoken to in secret is found, and how it proves to be the one that is meant. */
export interface SecurePlace {
  /** What its certificate must be for: a name, or the text of an address. */
  readonly name: string
  readonly port: number
  /** Never rejects; empty where none is known. */
  addresses(): Promise<readonly Address[]>
  /** Certificates in PEM that its own must chain to; undefined: those that Node trusts. */
  readonly authorities: string | undefined
}
