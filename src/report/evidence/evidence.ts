// What an auditor is handed, as values. Nothing is judged here; what is wrong is among the findings.

import type { Row } from '../../audit/row.ts'
import type { Unread } from '../../journal/reading.ts'
import type { Verification } from '../../journal/verify.ts'
import type { PolicyHistory } from './history.ts'

export interface Evidence {
  readonly version: 1
  readonly generatedAt: string
  readonly host: string
  readonly program: string
  /** Of the first and last record that were looked at; null: there is no log. */
  readonly period: { readonly since: string; readonly until: string } | null
  readonly setup: Setup
  /** What the updater says at that moment; null: it did not run, or may not be asked. */
  readonly running: Running | null
  readonly policy: PolicyEvidence
  /** Null: there is no log. */
  readonly log: Verification | null
  /** Contacts and lookups in the period. */
  readonly rows: readonly Row[]
  readonly unlisted: number
  /** Kinds of contacts for which the kernel had no room at times. */
  readonly crowded: readonly string[]
  /** What the log holds beside records. */
  readonly unread: readonly Unread[]
  readonly proof: ProofEvidence | null
  /** What `sallyport doctor --json` found, by state. */
  readonly doctor: HostEvidence | null
  readonly history: PolicyHistory
  /** What speaks against the promise of default deny, a sentence each; empty: nothing that was looked at. */
  readonly findings: readonly string[]
}

export interface Setup {
  readonly settingsFile: string | null
  readonly mode: 'enforce' | 'audit'
  readonly guard: 'none' | 'forward' | 'output'
  readonly table: string
  readonly interfaces: readonly string[]
  readonly upstreams: readonly string[]
  /** Names with their addresses. */
  readonly clients: readonly { readonly name: string; readonly prefixes: readonly string[]; readonly interfaces: readonly string[] }[]
  readonly onLogFailure: 'count' | 'deny'
}

export interface Running {
  readonly revision: string
  /** Is the kernel in step with the policy? */
  readonly enforced: boolean
  /** How the table is kept from others: owner, lock or none. */
  readonly protection: string
}

export interface PolicyEvidence {
  readonly revision: string | null
  readonly files: readonly PolicyFile[]
  /** Why the zone files make no policy now. */
  readonly problems: readonly string[]
}

export interface PolicyFile {
  readonly file: string
  readonly tier: 'base' | 'app'
  /** Whom it is for; null: every client. */
  readonly clients: readonly string[] | null
  /** Denied names are let through for these clients, and recorded. */
  readonly audit: boolean
  readonly sha256: string
  readonly entries: readonly PolicyEntry[]
}

export interface PolicyEntry {
  readonly line: number
  readonly kind: 'allow' | 'deny'
  /** "*.example.org", "192.0.2.0/24". */
  readonly subject: string
  readonly ports: readonly string[]
  readonly private: boolean
  /** The last day, UTC; null: it does not end. */
  readonly until: string | null
}

export interface HostEvidence {
  readonly guard: string
  readonly bad: readonly string[]
  readonly doubtful: readonly string[]
  readonly good: number
  /** When the file was written. */
  readonly at: string
}

/** What `sallyport prove --json` said. */
export interface ProofEvidence {
  readonly summary: string
  readonly proven: boolean
  readonly guard: string
  /** Words of the attacks that were made; undefined: all were. */
  readonly only: readonly string[] | undefined
  /** When the file was written. */
  readonly at: string
}
