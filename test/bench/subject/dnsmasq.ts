import { listElements } from '../../support/nft.ts'
import { DENIED_APEX, NEW_APEX } from '../names.ts'
import { createPeerTable, PORT, SERVER, UPSTREAM, writeConfiguration } from '../place.ts'
import { type Subject, startProgram, versionOf } from './subject.ts'

const CONFIGURATION = `no-resolv
no-hosts
server=${UPSTREAM}
listen-address=${SERVER}
port=${PORT}
bind-interfaces
user=root
cache-size=10000
dns-forward-max=2000
local=/${DENIED_APEX}/
nftset=/${NEW_APEX}/6#inet#bench#allowed6
`

export const dnsmasq: Subject = {
  name: 'dnsmasq',
  packages: ['dnsmasq-base'],
  version: () => versionOf(['dnsmasq', '--version'], /\d+\.\d+/),
  start(place) {
    createPeerTable(place)
    const file = writeConfiguration(place.makeFolder('dnsmasq'), 'dnsmasq.conf', CONFIGURATION)
    return startProgram(place, ['dnsmasq', '--keep-in-foreground', `--conf-file=${file}`, '--pid-file='])
  },
  countOpen: ({ namespace }) => listElements(namespace, 'bench', 'allowed6').length,
}
