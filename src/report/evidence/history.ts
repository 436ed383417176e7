// How the policy came to be: what the decision log says was in force, and who changed the files, as far as Git knows.

import { spawnSync } from 'node:child_process'
import type { Entry } from '../../journal/reading.ts'

export interface PolicyHistory {
  /** Each policy that came into force, oldest first. */
  readonly revisions: readonly { readonly at: string; readonly revision: string; readonly entries: number }[]
  /** Newest first. */
  readonly commits: readonly Commit[]
  /** Why there are no commits; null: there are. */
  readonly noCommits: string | null
}

export interface Commit {
  readonly hash: string
  readonly at: string
  readonly author: string
  readonly subject: string
}

export const MOST_COMMITS = 500
const FIELD = '\x1f'
const MOST_OCTETS = 256 * 1024 * 1024

export interface RevisionLog {
  take(entry: Entry): void
  readonly revisions: PolicyHistory['revisions']
}

/** A restart that brings the same policy is no change. */
export function createRevisionLog(): RevisionLog {
  const revisions: { at: string; revision: string; entries: number }[] = []
  return {
    revisions,
    take: ({ time, record }) => {
      if (record.event !== 'policy' || record.revision === revisions.at(-1)?.revision) return
      revisions.push({ at: new Date(time).toISOString(), revision: record.revision, entries: record.entries })
    },
  }
}

/** The commits that changed what is in the folders. */
export function readCommits(folders: readonly string[]): Pick<PolicyHistory, 'commits' | 'noCommits'> {
  const commits: Commit[] = []
  for (const folder of folders) {
    const { status, stdout, stderr, error } = git(folder, `--format=${['%H', '%aI', '%an', '%s'].join('%x1f')}`)
    if (status !== 0) return { commits: [], noCommits: `${folder}: ${firstLine(error?.message ?? stderr)}` }
    for (const line of stdout.split('\n').filter((each) => each !== '')) {
      const [hash, at, author, subject] = line.split(FIELD) as [string, string, string, string]
      if (!commits.some((commit) => commit.hash === hash)) commits.push({ hash, at, author, subject })
    }
  }
  const noCommits = commits.length > 0 ? null : `no commit has touched ${folders.join(' or ')}`
  return { commits: commits.toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at)), noCommits }
}

/** The changes themselves, newest first, as patches. Empty where Git knows none. */
export function readPatches(folders: readonly string[]): string {
  return folders.map((folder) => git(folder, '--patch', '--no-color', '--no-ext-diff').stdout ?? '').join('')
}

function git(folder: string, ...words: readonly string[]) {
  // Whoever owns the repository may have set programs for these.
  const own = ['--no-show-signature', '--no-textconv']
  return spawnSync('git', ['-C', folder, 'log', `--max-count=${MOST_COMMITS}`, ...own, ...words, '--', '.'], {
    encoding: 'utf8',
    maxBuffer: MOST_OCTETS,
  })
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? ''
}
