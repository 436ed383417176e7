// Runs a command as on a host that was started with ipv6.disable=1: "node without-ipv6.ts CMD…". There the family has no sockets; addresses and
// routes it has none of either, which is for the caller to see to.
import { runWithoutSocket } from './without-socket.ts'

const AF_INET6 = 10
const EAFNOSUPPORT = 97

runWithoutSocket({ domain: AF_INET6 }, EAFNOSUPPORT)
