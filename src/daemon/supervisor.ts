import type { Config } from '../config/config.ts'
import { setNoNewPrivileges } from '../linux/privilege.ts'
import type { Logger } from '../log.ts'
import { describeStart } from './banner.ts'
import { keepChild } from './child.ts'
import { commandOf } from './command.ts'
import type { Part } from './identity.ts'
import { takeLock } from './lock.ts'
import type { Ready, ResolverReady, UpdaterReady } from './message.ts'
import { statePaths } from './path.ts'
import { prepareStateFolder, removeSockets } from './state-folder.ts'
import { untilStopped } from './stop.ts'

const PATIENCE_MS = 5_000
const PARTS: readonly Part[] = ['updater', 'resolver']

export interface SupervisorOptions {
  readonly config: Config
  readonly log: Logger
  /** A line for whoever started it. */
  say(line: string): void
}

/** Runs both parts until told to stop. Returns the exit code: 0, or 2 if a part could not begin with these settings. A guard stays. */
export async function runSupervisor({ config, log, say }: SupervisorOptions): Promise<number> {
  const paths = statePaths(config.state)
  prepareStateFolder(paths.folder)
  const lock = takeLock(paths.lock)
  const ready: { resolver?: ResolverReady; updater?: UpdaterReady } = {}
  const hopeless = Promise.withResolvers<number>()

  function note(message: Ready): void {
    const isFirst = ready[message.part] === undefined
    Object.assign(ready, { [message.part]: message })
    if (isFirst && ready.resolver !== undefined && ready.updater !== undefined) {
      for (const line of describeStart(config, ready.resolver, ready.updater)) say(line)
    }
  }

  try {
    const commands = PARTS.map((part) => commandOf(part, config, log))
    setNoNewPrivileges()
    const children = PARTS.map((part, index) =>
      keepChild({
        part,
        command: commands[index]!,
        // The service manager does not know our children.
        orders: { config: { ...config, manager: undefined }, tells: false },
        onReady: note,
        onRestart: (_part, how, delayMs) => log.warn({ delayMs }, `${part} ${how}; starting it again`),
        onHopeless: () => hopeless.resolve(2),
      }),
    )
    const exitCode = await Promise.race([untilStopped().then(() => 0), hopeless.promise])
    // The updater goes last: it signs what the resolver has written to its end.
    for (const child of children.toReversed()) await child.stop(PATIENCE_MS)
    removeSockets(paths)
    return exitCode
  } finally {
    lock.release()
  }
}
