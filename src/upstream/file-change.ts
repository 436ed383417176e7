import { statSync } from 'node:fs'

/** Calls `onChange` when one of the files has become another: looked at every `intervalMs`, since resolv.conf is often a link into a folder that comes and goes. */
export function watchFiles(files: readonly string[], intervalMs: number, onChange: () => void): { close(): void } {
  let seen = files.map(stampOf).join()
  const timer = setInterval(() => {
    const stamp = files.map(stampOf).join()
    if (stamp === seen) return
    seen = stamp
    onChange()
  }, intervalMs).unref()
  return { close: () => clearInterval(timer) }
}

function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false })
  return found === undefined ? 'absent' : `${found.ino}:${found.size}:${found.mtimeMs}`
}
