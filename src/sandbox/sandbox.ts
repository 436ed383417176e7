// One command, confined: a gateway of its own with resolver and updater, and a sandbox behind it.

import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { keepDescriptors } from '../linux/descriptor.ts'
import { setNoNewPrivileges } from '../linux/privilege.ts'
import { refuseForeignDoors } from '../linux/seccomp.ts'
import type { Address } from '../net/address.ts'
import { containsAddress, type Prefix } from '../net/prefix.ts'
import { type Account, createAccountant, type Refused } from './account.ts'
import { type Allowed, allowedZone } from './allowed.ts'
import { commandLine, MAP_LINES } from './confine.ts'
import { type StandIn, searchList, standIns } from './etc.ts'
import { familiesHere } from './family.ts'
import { foreignTerminals } from './foreign-terminal.ts'
import { type Gateway, type GatewayOptions, openGateway, placeIn, runInside } from './gateway.ts'
import { guardedPlaces } from './guarded.ts'
import { hiddenPlaces } from './hidden.ts'
import { checkHost } from './host.ts'
import { writeOctets, writeTable } from './mount.ts'
import { watchOwnPrefixes, withoutAddresses } from './own-address.ts'
import { type Parts, startParts } from './parts.ts'
import { type PLACE, ZONES } from './plan.ts'
import { closingScript, gatewayBinds, gatewayScript, servicesScript } from './script.ts'
import { settingsInside, zonesOf } from './settings.ts'
import { startUplink, uplinks } from './uplink.ts'
import type { CommandUser } from './user.ts'
import { checkFunction, makeSkeleton, type View, viewTables } from './view.ts'
import { checkZones } from './zone-check.ts'

export interface SandboxOptions {
  readonly config: Config
  /** Destinations, or entries as zone files have them. */
  readonly allow: readonly string[]
  readonly command: readonly string[]
  readonly stdio: GatewayOptions['stdio']
  readonly user: CommandUser
  readonly workingFolder: string
  /** Sockets of the machine that the command may use all the same. */
  readonly expose: readonly string[]
  /** The terminal that is not the command's: then standard input is one that nobody else uses, and the command controls it. */
  readonly foreignTerminal?: string
  /** Told of what has just been refused, and may be told again. */
  onRefused?(refused: Refused): void
}

export interface Sandbox {
  /** Runs the command to its end. Resolves with its exit code; undefined if the sandbox has ended before. */
  run(): Promise<number | undefined>
  /** The command's process, while it runs. */
  commandPid(): number | undefined
  /** Allows a destination from now on, unless the run is ending. */
  allow(destination: string): void
  /** What was refused and what contacted so far; all of it once `close` has resolved. */
  account(): Account
  /** Ends everything inside; nothing is left. */
  close(): Promise<void>
}

/** Resolves when names are answered and packets carried. Throws StartError, DestinationError. */
export async function createSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { config, command, stdio } = options
  const families = familiesHere()
  checkHost(families)
  const allowed = allowedZone(options.allow)
  const destinations = [...options.allow]
  const own = watchOwnPrefixes((added) => closeOff(added))
  const closed = withoutAddresses(own.atFirst, addressesOf(allowed))
  const services = allowed.services.filter(({ address }) => own.atFirst.some((prefix) => containsAddress(prefix, address)))
  const inside = settingsInside(config, families, closed)
  const etc = standIns(families)
  const hidden = hiddenPlaces(options.user, options.workingFolder, options.expose)
  const { foreignTerminal } = options
  const streams = stdio.map((stream, index) => (typeof stream === 'number' ? stream : index))
  const view: View = {
    user: options.user,
    files: Object.fromEntries(etc.map(({ path, name }) => [path, name])),
    ...hidden,
    hiddenFiles: [
      ...hidden.hiddenFiles,
      ...foreignTerminals(options.user.uid, streams),
      ...(foreignTerminal === undefined ? [] : [foreignTerminal]),
    ],
    readOnly: guardedPlaces(config),
  }
  const line = commandLine({ view, workingFolder: options.workingFolder, controlsTerminal: foreignTerminal !== undefined })
  keepDescriptors()
  setNoNewPrivileges()
  refuseForeignDoors()
  const gateway = await openGateway({
    script: gatewayScript({ families, beside: process.getuid!() === 0 ? MAP_LINES : '', command: line }),
    command,
    stdio,
  })
  const accountant = createAccountant(searchList(etc), closed, options.onRefused)
  let parts: Parts | undefined
  let endUplinks: readonly (() => void)[] = []
  /** What the machine answers at from now on; the rest is in the settings. */
  function closeOff(added: readonly Prefix[]): void {
    const here = added.filter(({ family }) => families.includes(family))
    const lines = withoutAddresses(here, addressesOf(allowedZone(destinations)))
    if (lines.length > 0 && !gateway.isEnding) runInside(gateway, closingScript(lines))
  }
  const close = async (): Promise<void> => {
    own.close()
    for (const end of endUplinks) end()
    await parts?.close()
    await gateway.close()
  }
  try {
    // They load while devices and sandbox are made.
    parts = startParts(gateway, zonesOf(config), accountant.take)
    gateway.furnish(() => {
      furnish(gateway, { etc, view, zones: zonesOf(config) })
      writeAllowed(gateway, allowed.text)
    })
    // Everything is under way meanwhile, and this costs no time.
    await checkZones(config, inside.config)
    await gateway.up()
    if (services.length > 0) runInside(gateway, servicesScript(services))
    parts.begin(inside.config)
    const links = uplinks({ allowsHost: allowed.host, asksHost: inside.asksHost })
    const carried = Promise.all(links.map((uplink) => startUplink(gateway, uplink, families)))
    const [ends] = await Promise.all([carried, parts.ready])
    endUplinks = ends
  } catch (error) {
    await close()
    throw error
  }
  const allow = (destination: string): void => {
    if (gateway.isEnding) return
    destinations.push(destination)
    gateway.furnish(() => writeAllowed(gateway, allowedZone(destinations).text))
  }
  return { allow, run: gateway.go, commandPid: gateway.commandPid, account: accountant.account, close }
}

function addressesOf({ services }: Allowed): readonly Address[] {
  return services.map(({ address }) => address)
}

interface Furniture {
  readonly etc: readonly StandIn[]
  readonly view: View
  readonly zones: Readonly<Record<string, string>>
}

/** Makes and writes what is mounted and read inside, for other users to read too. */
function furnish(gateway: Gateway, { etc, view, zones }: Furniture): void {
  const at = (place: keyof typeof PLACE) => placeIn(gateway, place)
  const mask = process.umask(0o022)
  for (const place of ['state', 'etc', 'skeleton', 'world', 'shm', 'pts', 'zones'] as const) mkdirSync(at(place))
  for (const name of [...Object.keys(zones), ZONES.allowed]) mkdirSync(join(at('zones'), name))
  for (const { name, text } of etc) writeFileSync(join(at('etc'), name), text)
  makeSkeleton(at('skeleton'), view)
  writeFileSync(at('gateway'), '')
  writeTable(at('gatewayBinds'), 'bind', gatewayBinds(zones))
  const tables = viewTables(view)
  writeTable(at('newMounts'), 'new', tables.new)
  writeTable(at('binds'), 'bind', tables.bind)
  writeTable(at('rbinds'), 'rbind', tables.rbind)
  writeOctets(at('check'), checkFunction(view))
  process.umask(mask)
}

/** Renamed into its place, so that nobody reads half of it. */
function writeAllowed(gateway: Gateway, text: string): void {
  const file = join(placeIn(gateway, 'zones'), 'allowed', 'run.zone')
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}
