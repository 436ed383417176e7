import type { Config } from '../config/config.ts'
import { describeStart } from './banner.ts'
import { keepChild } from './child.ts'
import { programOf } from './command.ts'
import { confinementOf } from './confinement.ts'
import { giveHeadStart, type HeadStart, PARTS } from './head-start.ts'
import { takeLock } from './lock.ts'
import type { Ready, ResolverReady, UpdaterReady } from './message.ts'
import { statePaths } from './path.ts'
import { prepareStateFolder, removeSockets } from './state-folder.ts'
import { untilStopped } from './stop.ts'

const PATIENCE_MS = 5_000

export interface SupervisorOptions {
  readonly config: Config
  /** Undefined: the parts are started only now. */
  readonly headStart: HeadStart | undefined
  /** A line for whoever started it. */
  say(line: string): void
  /** A record of its log. */
  warn(sentence: string, fields?: object): void
}

/** Runs both parts until told to stop. Returns the exit code: 0, or 2 if a part could not begin with these settings. A guard stays. */
export async function runSupervisor({ config, headStart: given, say, warn }: SupervisorOptions): Promise<number> {
  const headStart = given ?? (await giveHeadStart())
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
    const confined = PARTS.map((part) => ({ part, confinement: confinementOf(part, config, warn) }))
    const children = confined.map(({ part, confinement }) =>
      keepChild({
        part,
        command: confinement === undefined ? programOf(part) : [...confinement, ...programOf(part)],
        // One that is to be confined must be so from its beginning.
        waiting: confinement === undefined ? headStart.take(part) : undefined,
        // The service manager does not know our children.
        orders: { config: { ...config, manager: undefined }, tells: false },
        onReady: note,
        onRestart: (_part, how, delayMs) => warn(`${part} ${how}; starting it again`, { delayMs }),
        onHopeless: () => hopeless.resolve(2),
      }),
    )
    headStart.endRest()
    const exitCode = await Promise.race([untilStopped().then(() => 0), hopeless.promise])
    // The updater goes last: it signs what the resolver has written to its end.
    for (const child of children.toReversed()) await child.stop(PATIENCE_MS)
    removeSockets(paths)
    return exitCode
  } finally {
    lock.release()
  }
}
