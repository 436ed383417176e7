import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Place, PORT, SERVER } from './place.ts'

const WORKER = fileURLToPath(new URL('worker/until-answer.ts', import.meta.url))

export interface Answered {
  readonly milliseconds: number
  /** Of the command; the process may have ended. */
  readonly pid: number
  /** Ends the command if it still runs. */
  end(): Promise<void>
}

/** Runs a command on the server's core, or on all, and says how long it took until the name was answered with an address. */
export async function untilAnswer(place: Place, name: string, command: readonly string[], isPinned = true): Promise<Answered> {
  const worker = place.namespace.spawn(
    place.onLoadCore([
      process.execPath,
      WORKER,
      SERVER,
      String(PORT),
      name,
      ...(isPinned ? place.onServerCore(command) : place.onAllCores(command)),
    ]),
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const [line] = (await once(createInterface({ input: worker.stdout! }), 'line')) as [string]
  const end = async (): Promise<void> => {
    const exit = once(worker, 'exit')
    worker.stdin!.end()
    await exit
  }
  return { ...(JSON.parse(line) as Pick<Answered, 'milliseconds' | 'pid'>), end }
}
