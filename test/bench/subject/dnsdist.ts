import { DENIED_APEX } from '../names.ts'
import { createPeerTable, PORT, SERVER, UPSTREAM, writeConfiguration } from '../place.ts'
import { type Subject, startProgram, versionOf } from './subject.ts'

const CONFIGURATION = `setLocal("${SERVER}:${PORT}")
setACL("127.0.0.0/8")
setSecurityPollSuffix("")
newServer({address = "${UPSTREAM}:53", healthCheckMode = "up"})
getPool(""):setCache(newPacketCache(100000))
addAction("${DENIED_APEX}.", RCodeAction(DNSRCode.NXDOMAIN))
`

export const dnsdist: Subject = {
  name: 'dnsdist',
  packages: ['dnsdist'],
  version: () => versionOf(['dnsdist', '--version'], /\d+\.\d+\.\d+/),
  start(place) {
    createPeerTable(place)
    const file = writeConfiguration(place.makeFolder('dnsdist'), 'dnsdist.conf', CONFIGURATION)
    return startProgram(place, ['dnsdist', '--supervised', '--disable-syslog', '-C', file])
  },
  countOpen: undefined,
}
