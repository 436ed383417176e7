// Network namespaces without names: each lives as long as a process in it.
import { closeSync, openSync } from 'node:fs'
import { check, libc } from './libc.ts'

const CLONE_NEWNET = 0x40000000

/**
 * Runs `act` with this thread in a network namespace that nobody else is in: sockets that it opens and programs that it starts are
 * there. It must not wait for anything, or others would run there too. Throws SystemError EPERM without CAP_SYS_ADMIN.
 */
export function inNewNamespace<T>(act: () => T): T {
  return away(() => check('unshare', () => libc.unshare(CLONE_NEWNET)), act)
}

/** The same in the network namespace of a process. Throws what opening it throws, too. */
export function inNamespaceOf<T>(pid: number, act: () => T): T {
  return away(() => enterPath(`/proc/${pid}/ns/net`), act)
}

function away<T>(leave: () => void, act: () => T): T {
  const home = openSync('/proc/thread-self/ns/net', 'r')
  try {
    leave()
    return act()
  } finally {
    enter(home)
    closeSync(home)
  }
}

function enterPath(path: string): void {
  const fd = openSync(path, 'r')
  try {
    enter(fd)
  } finally {
    closeSync(fd)
  }
}

function enter(fd: number): void {
  check('setns', () => libc.setns(fd, CLONE_NEWNET))
}
