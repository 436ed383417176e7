import { DENIED_APEX } from '../names.ts'
import { createPeerTable, PORT, SERVER, UPSTREAM, writeConfiguration } from '../place.ts'
import { type Subject, startProgram, versionOf } from './subject.ts'

const CONFIGURATION = `server:
  interface: ${SERVER}@${PORT}
  access-control: 127.0.0.0/8 allow
  do-daemonize: no
  use-syslog: no
  verbosity: 0
  username: ""
  chroot: ""
  pidfile: ""
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
  outgoing-range: 4096
  num-queries-per-thread: 2048
  msg-cache-size: 64m
  rrset-cache-size: 128m
  local-zone: "${DENIED_APEX}." always_nxdomain
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: ${UPSTREAM}
`

export const unbound: Subject = {
  name: 'unbound',
  packages: ['unbound'],
  version: () => versionOf(['unbound', '-V'], /\d+\.\d+\.\d+/),
  start(place) {
    createPeerTable(place)
    const file = writeConfiguration(place.makeFolder('unbound'), 'unbound.conf', CONFIGURATION)
    return startProgram(place, ['unbound', '-d', '-c', file])
  },
  countOpen: undefined,
}
