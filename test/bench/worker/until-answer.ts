// Runs a command, and measures how long it takes from there until a name is answered with an address. Prints the milliseconds and the
// command's process id as a line of JSON; when its input ends, it ends the command if that still runs.
//   until-answer.ts SERVER PORT NAME COMMAND…
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import packet from 'dns-packet'

const [server, port, name, program, ...words] = process.argv.slice(2)
const ASK_MS = 4

const socket = createSocket('udp4')
const query = packet.encode({ type: 'query', id: 1, flags: packet.RECURSION_DESIRED, questions: [{ name: name!, type: 'A' }] })
const startedAt = performance.now()
const child = spawn(program!, words, { stdio: 'ignore' })
const exit = once(child, 'exit')
const timer = setInterval(() => socket.send(query, Number(port), server), ASK_MS)
socket.on('error', () => {})

for (;;) {
  const [reply] = (await once(socket, 'message')) as [Buffer]
  if ((packet.decode(reply).answers ?? []).length > 0) break
}
process.stdout.write(`${JSON.stringify({ milliseconds: performance.now() - startedAt, pid: child.pid })}\n`)
clearInterval(timer)
socket.close()
process.stdin.resume()
await once(process.stdin, 'end')
child.kill('SIGTERM')
await exit
