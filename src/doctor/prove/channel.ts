// Processes of a run that do as they are told: a call goes out, its outcome comes back. Both ends may call.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { CODE_ENDING, codePath } from '../../place.ts'

/** What one end can be asked to do. Values that structured cloning carries go in and out. */
export type Operations = Readonly<Record<string, (argument: never) => unknown>>

export type Call<O extends Operations> = <Key extends keyof O & string>(
  operation: Key,
  argument?: Parameters<O[Key]>[0],
) => Promise<Awaited<ReturnType<O[Key]>>>

/** A process of ours in a namespace. */
export interface Worker<O extends Operations> {
  readonly pid: number
  readonly call: Call<O>
  close(): Promise<void>
}

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly operation: string; readonly argument: unknown }
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: string }

/** Either end: a child process, or `process` in a child. */
interface Line {
  send?(message: Message): unknown
  on(event: 'message', listener: (message: Message) => void): unknown
}

/** Answers what the other end calls with `own`, and returns what calls the other end. */
export function openChannel<Other extends Operations>(line: Line, own: Operations): Call<Other> {
  const waiting = new Map<number, PromiseWithResolvers<never>>()
  let lastId = 0

  async function perform(id: number, operation: string, argument: unknown): Promise<void> {
    try {
      line.send!({ kind: 'value', id, value: await own[operation]!(argument as never) })
    } catch (error) {
      line.send!({ kind: 'error', id, error: error instanceof Error ? error.message : String(error) })
    }
  }

  line.on('message', (message) => {
    if (message.kind === 'call') return void perform(message.id, message.operation, message.argument)
    const { resolve, reject } = waiting.get(message.id)!
    waiting.delete(message.id)
    if (message.kind === 'value') resolve(message.value as never)
    else reject(new Error(message.error))
  })
  return (operation, argument) => {
    const outcome = Promise.withResolvers<never>()
    waiting.set(++lastId, outcome)
    line.send!({ kind: 'call', id: lastId, operation, argument })
    return outcome.promise
  }
}

/** In a child: answers its parent with `own`, and ends when the parent does, however that ends. */
export function openParent<Parent extends Operations>(own: Operations): Call<Parent> {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  return openChannel<Parent>(process, own)
}

/** Starts a program of this folder where `enter` puts it. What it is called for before it has begun waits in its channel. */
export function startWorker<O extends Operations>(
  program: 'witness' | 'attacker',
  words: readonly string[],
  enter: <T>(act: () => T) => T,
  own: Operations = {},
): Worker<O> {
  const file = codePath(`doctor/prove/${program}${CODE_ENDING}`)
  const child = enter(() => fork(file, words, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
  const call = openChannel<O>(child as Line, own)
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the ${program} ended with ${code}`)))
  ended.catch(() => undefined)
  const callWhileItLives: Call<O> = (operation, argument) => Promise.race([call(operation, argument), ended])
  return { pid: child.pid!, call: callWhileItLives, close: () => end(child) }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
