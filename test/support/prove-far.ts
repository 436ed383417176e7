// Both ends of `sallyport prove` where the sandbox is somebody else's.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Arrival } from '../../src/doctor/prove/listen.ts'
import type { Namespace } from './namespace.ts'
import { PROGRAM } from './sallyport.ts'

export const FAR = ['192.0.2.200', '2001:db8:1::200'] as const
export const TOKEN = '0123abcd'

/** The words that make the attacks. */
export function farWords(...words: readonly string[]): readonly string[] {
  return [PROGRAM, 'prove', '--far', ...FAR, '--token', TOKEN, '--json', ...words]
}

/** Runs the far side while `act` does; what arrived, and the exit code. */
export async function whileListening(
  internet: Namespace,
  act: () => void | Promise<void>,
): Promise<{ readonly status: number; readonly arrivals: readonly Arrival[] }> {
  const far = internet.spawn([PROGRAM, 'prove', '--far-side', '--token', TOKEN, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [hint] = (await once(far.stderr!, 'data')) as [Buffer]
  assert.match(hint.toString(), /in the sandbox: sallyport prove --far ADDRESS-OF-THIS-MACHINE --token 0123abcd/)
  let text = ''
  far.stdout!.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  await act()
  far.kill('SIGINT')
  const [status] = (await once(far, 'close')) as [number]
  return { status, arrivals: (JSON.parse(text) as { readonly arrivals: readonly Arrival[] }).arrivals }
}
