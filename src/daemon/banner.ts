import type { Config } from '../config/config.ts'
import type { ResolverReady, UpdaterReady } from './message.ts'

/** What `up` says once both parts are ready: first of all whether anything is enforced. */
export function describeStart(config: Config, resolver: ResolverReady, updater: UpdaterReady): readonly string[] {
  const { zones, mode } = config
  const folders = zones.kind === 'one' ? zones.folder : `${zones.base} (base) and ${zones.app} (app)`
  return [
    describeEnforcement(config, updater),
    ...(mode === 'audit' ? ['audit mode: names that no entry allows are let through and recorded'] : []),
    `listening on ${resolver.listening.join(', ')}`,
    resolver.upstreams.length > 0
      ? `forwarding allowed names to ${resolver.upstreams.join(', ')}`
      : 'no upstream to forward to: set resolver.upstreams, or --upstream',
    `${resolver.entries} ${resolver.entries === 1 ? 'entry' : 'entries'} in ${folders}`,
  ]
}

function describeEnforcement({ updater: { interfaces, mirror } }: Config, { backend, guard, protection, table }: UpdaterReady): string {
  const firewall = `table inet ${table}${protection === 'owner' ? ' (owner and persist)' : protection === 'lock' ? ' (routing lock)' : ''}`
  switch (guard) {
    case 'forward':
      return `enforced on ${interfaces.join(', ')}: ${firewall}; it stays when sallyport stops, "sallyport down" removes it`
    case 'output':
      return `enforced on this network namespace: ${firewall}; it stays when sallyport stops, "sallyport down" removes it`
    case 'none':
      return backend === 'memory'
        ? 'nothing is enforced: guard is none, so names are filtered for those who ask here, and no firewall is written'
        : `nothing is enforced by sallyport itself: it fills ${mirror.map(({ family, table, set }) => `${family} ${table} ${set}`).join(', ') || firewall} for rules of yours`
  }
}
