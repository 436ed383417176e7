// What `init` writes: the shortest files that explain themselves.

import { pathToFileURL } from 'node:url'
import { SETTINGS_SCHEMA } from './place.ts'

/** sallyport.yaml. The first line lets editors complete and check it. */
export function settingsText(zones: string): string {
  return `# yaml-language-server: $schema=${pathToFileURL(SETTINGS_SCHEMA).href}
# Settings of sallyport. Each may be left out; README has them all.

zones: ${/^[\w./-]+$/.test(zones) ? zones : JSON.stringify(zones)}

resolver:
  upstreams: [system]        # or addresses, as 192.0.2.53

updater:
  guard: none                # nothing is enforced; output: guards this network namespace; forward: guards the sandboxes behind interfaces
  # interfaces: [veth*]      # sandbox-facing, for guard: forward
`
}

export const APP_ZONE = `# What your project needs beyond the presets. "sallyport allow NAME" adds to this file.
# One entry a line: NAME, *.NAME (everything below it), an address or a prefix, then ports (443 unless you say so); ! denies.
`
