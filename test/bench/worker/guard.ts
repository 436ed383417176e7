// The table of guard forward, in the kernel of the namespace that this runs in, with one static destination.
//   guard.ts ADDRESS PORT
import { openNftables } from '../../../src/linux/nftables/nftables.ts'
import { describe, install, segment, udp } from '../../updater/ruleset-description.ts'

const [address, port] = process.argv.slice(2) as [string, string]
const nftables = openNftables()
install(nftables, describe('forward', { segments: [segment(address, udp(Number(port)))] }))
nftables.close()
