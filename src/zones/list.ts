import { readdir } from 'node:fs/promises'

/** Names of the files with that suffix, hidden ones left out, in order. Rejects with the system's error. */
export async function listFiles(folder: string, suffix: string): Promise<readonly string[]> {
  const names = await readdir(folder)
  return names.filter((name) => name.endsWith(suffix) && !name.startsWith('.')).sort()
}
