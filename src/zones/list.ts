import { readdir } from 'node:fs/promises'

export interface FoundFile {
  readonly name: string
  /** Of a link, and where the file system does not tell, false: what it leads to may be another file at any time. */
  readonly isPlain: boolean
}

/** The files with that suffix, hidden ones left out, in the order of their names. Rejects with the system's error. */
export async function listFiles(folder: string, suffix: string): Promise<readonly FoundFile[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter(({ name }) => name.endsWith(suffix) && !name.startsWith('.'))
    .map((entry) => ({ name: entry.name, isPlain: entry.isFile() }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}
