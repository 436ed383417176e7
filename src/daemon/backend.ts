import type { Config } from '../config/config.ts'

/** Where there is nothing to guard and no set to fill, the kernel is left alone. */
export function backendOf({ updater }: Config): 'nftables' | 'memory' {
  if (updater.backend !== 'auto') return updater.backend
  return updater.guard === 'none' && updater.mirror.length === 0 ? 'memory' : 'nftables'
}
