import type { Config } from '../config/config.ts'
import type { PolicySettings } from '../zones/loader.ts'

/** What the settings say about the policy; the zone files say the rest. */
export function policySettings(config: Config): PolicySettings {
  return {
    clients: config.clients,
    guard: config.updater.guard,
    audit: config.mode === 'audit',
    neverOpen: config.updater.limits.neverOpen,
  }
}
