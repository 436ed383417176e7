// Flags that every command knows: where the settings are, and the settings that a flag replaces.

import { type Command, Option } from 'commander'
import type { Override } from '../config/read.ts'

export interface GlobalOptions {
  readonly config?: string
  readonly zones?: string
  readonly state?: string
  readonly listen?: readonly string[]
  readonly upstream?: readonly string[]
}

interface SettingFlag {
  readonly key: Exclude<keyof GlobalOptions, 'config'>
  /** What its value is, for help. */
  readonly value: string
  readonly setting: readonly string[]
  readonly description: string
  /** May be given more than once. */
  readonly isList: boolean
}

const SETTING_FLAGS: readonly SettingFlag[] = [
  { key: 'zones', value: 'folder', setting: ['zones'], description: 'where the zone files are', isList: false },
  { key: 'state', value: 'folder', setting: ['state'], description: 'where the sockets are; one folder for each sallyport', isList: false },
  {
    key: 'listen',
    value: 'address',
    setting: ['resolver', 'listen'],
    description: 'where the resolver listens (repeatable)',
    isList: true,
  },
  {
    key: 'upstream',
    value: 'server',
    setting: ['resolver', 'upstreams'],
    description: 'whom names are asked of (repeatable)',
    isList: true,
  },
]

export function addGlobalFlags(program: Command): void {
  program.option('--config <file>', 'the settings (default: sallyport.yaml here, then /etc/sallyport/sallyport.yaml)')
  for (const { key, value, setting, description, isList } of SETTING_FLAGS) {
    const option = new Option(`--${key} <${value}>`, `${description}, in place of "${setting.join('.')}"`)
    program.addOption(isList ? option.argParser(append) : option)
  }
}

export function overridesOf(options: GlobalOptions): readonly Override[] {
  return SETTING_FLAGS.flatMap(({ key, setting }) => {
    const value = options[key]
    return value === undefined ? [] : [{ flag: `--${key}`, path: setting, value }]
  })
}

export function append(value: string, former: readonly string[] = []): readonly string[] {
  return [...former, value]
}
