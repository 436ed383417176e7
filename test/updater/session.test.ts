// What one connection may cost the updater, whatever the resolver does with it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { encodeFigures, FIGURES_LINE, RESOLVER_HELLO } from '../../src/leases/protocol.ts'
import { type Session, serve } from '../../src/updater/session.ts'
import { eventually } from '../support/wait.ts'

const REVISION = '0123456789abcdef'
/** As much as a thousand names in use. */
const NEWS = encodeFigures({ ['x'.repeat(100_000)]: 1 })

/** Both ends of a connection, the updater's served. The resolver's has greeted, and is not read from. */
async function connectSession(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-session-'))
  const rejected: string[] = []
  const counts = { figures: 0 }
  const server = createServer()
  server.listen(join(folder, 'socket'))
  const resolver = createConnection(join(folder, 'socket'))
  const [socket] = (await once(server, 'connection')) as [Socket]
  t.after(() => {
    resolver.destroy()
    socket.destroy()
    server.close()
    rmSync(folder, { recursive: true })
  })
  const session: Session = serve(socket, {
    revision: () => REVISION,
    generation: () => 1,
    open: () => [],
    figures: () => ({ asked: ++counts.figures }),
    onReady: () => {},
    onAnswering: () => {},
    onRejected: (reason) => rejected.push(reason),
  })
  resolver.pause()
  resolver.write(RESOLVER_HELLO)
  return { resolver, socket, session, rejected, counts }
}

test('a resolver that does not read what it is told unasked is hung up on, once, and costs no more from then on', async (t) => {
  const { session, socket, rejected } = await connectSession(t)
  for (let told = 0; told < 1000; told++) session.tell(NEWS)
  assert.deepEqual(rejected, ['it does not read what it is told'])
  assert.ok(socket.writableLength < 20_000_000, `${socket.writableLength} octets`)
})

test('a resolver that reads hears all of it', async (t) => {
  const { resolver, session, rejected } = await connectSession(t)
  let heard = 0
  resolver.on('data', (chunk) => {
    heard += chunk.length
  })
  resolver.resume()
  for (let round = 1; round <= 4; round++) {
    for (let told = 0; told < 100; told++) session.tell(NEWS)
    await eventually('it has heard what was said', () => heard > round * 100 * NEWS.length)
  }
  assert.deepEqual(rejected, [])
})

test('questions for figures that arrive together are answered once: a few octets each do not become megabytes', async (t) => {
  const { resolver, counts } = await connectSession(t)
  const questions = 3000
  resolver.write(FIGURES_LINE.repeat(questions))
  await eventually('all have been read', () => resolver.writableLength === 0 && counts.figures > 0)
  assert.ok(counts.figures < questions / 100, `${counts.figures} answers`)
  resolver.resume()
  const before = counts.figures
  resolver.write(FIGURES_LINE)
  await eventually('a later one is answered as well', () => counts.figures > before)
})
