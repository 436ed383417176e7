// Runs a command as on a kernel that was built without nfnetlink: "node without-netfilter.ts CMD…".
import { runWithoutSocket } from './without-socket.ts'

const AF_NETLINK = 16
const NETLINK_NETFILTER = 12
const EPROTONOSUPPORT = 93

runWithoutSocket({ domain: AF_NETLINK, protocol: NETLINK_NETFILTER }, EPROTONOSUPPORT)
