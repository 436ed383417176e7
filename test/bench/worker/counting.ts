// Has the kernel of the namespace that this runs in count flows and tell of their ends, as the updater does, until its standard input ends.
import { countPackets } from '../../../src/linux/accounting.ts'
import { watchEndedFlows } from '../../../src/linux/ended-flows.ts'
import { BEGUN_MARK } from '../../../src/updater/ruleset/common.ts'

if (!countPackets()) throw new Error('the kernel does not count')
const ended = watchEndedFlows(BEGUN_MARK)
process.stdin.resume().on('end', ended.close)
process.stdout.write('counting\n')
