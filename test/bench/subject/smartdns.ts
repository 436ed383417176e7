import { listElements } from '../../support/nft.ts'
import { DENIED_APEX, NEW_APEX } from '../names.ts'
import { createPeerTable, PORT, SERVER, UPSTREAM, writeConfiguration } from '../place.ts'
import { type Subject, startProgram, versionOf } from './subject.ts'

const CONFIGURATION = `bind ${SERVER}:${PORT}
server ${UPSTREAM}
cache-size 100000
prefetch-domain no
speed-check-mode none
dualstack-ip-selection no
log-level error
log-file /dev/null
audit-enable no
address /${DENIED_APEX}/#
nftset-timeout yes
nftset /${NEW_APEX}/#6:inet#bench#allowed6
`

export const smartdns: Subject = {
  name: 'smartdns',
  packages: ['smartdns'],
  version: () => versionOf(['smartdns', '-v'], /\d+(\.\d+)*/),
  start(place) {
    createPeerTable(place)
    const folder = place.makeFolder('smartdns')
    const file = writeConfiguration(folder, 'smartdns.conf', `${CONFIGURATION}cache-persist no\n`)
    return startProgram(place, ['smartdns', '-f', '-c', file, '-p', `${folder}/smartdns.pid`])
  },
  countOpen: ({ namespace }) => listElements(namespace, 'bench', 'allowed6').length,
}
