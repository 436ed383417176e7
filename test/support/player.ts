// Somebody at a terminal.
import { once } from 'node:events'
import type { World } from './world.ts'

/** What is expected to be read, and what is typed then. "window" makes it another size; "key a" is typed by somebody who has read first. */
export type Step = readonly [expected: string, typed: string]

const PLAYER = `
import fcntl, json, os, pty, signal, struct, sys, termios, time
steps, words = json.loads(sys.argv[1]), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0: os.execvp(words[0], words)
def size(rows, columns): fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
size(40, 160)
seen = b""
signal.signal(signal.SIGTERM, lambda *_: sys.exit("still waiting after " + repr(seen)))
for expected, typed in steps:
  while expected.encode() not in seen:
    try: chunk = os.read(terminal, 4096)
    except OSError: chunk = b""
    if not chunk: sys.exit("ended before " + expected + ": " + repr(seen))
    seen += chunk
  seen = seen[seen.index(expected.encode()) + len(expected):]
  if typed.startswith("key "): time.sleep(0.8)
  if typed == "window": size(41, 101)
  else: os.write(terminal, typed.removeprefix("key ").encode())
try:
  while os.read(terminal, 4096): pass
except OSError: pass
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`

/** Resolves with the exit code, or what went wrong. */
export async function playAt(world: World, words: readonly string[], steps: readonly Step[]): Promise<string> {
  const child = world.gateway.spawn(['timeout', '60', '/usr/bin/python3', '-c', PLAYER, JSON.stringify(steps), ...words], {
    cwd: world.folder,
  })
  let said = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await once(child, 'close')
  return said.trim()
}
