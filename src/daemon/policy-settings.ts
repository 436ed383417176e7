import type { Config } from '../config/config.ts'
import type { PolicySettings } from '../zones/loader.ts'
import type { TierLimits } from '../zones/tier-limit.ts'

/** What the settings say about the policy; the zone files say the rest. */
export function policySettings(config: Config): PolicySettings {
  return {
    clients: config.clients,
    guard: config.updater.guard,
    interfaces: config.updater.interfaces,
    audit: config.mode === 'audit',
    neverOpen: config.updater.limits.neverOpen,
    appLimits: appLimits(config),
  }
}

/** Where the tiers have folders of their own, the owner of the one does not end the enforcement of the other's denials. */
export function appLimits({ limits: { app }, zones }: Config): TierLimits {
  return { ...app, audit: app.audit ?? zones.kind === 'one' }
}
