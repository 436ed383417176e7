// Namespaces for what this process does itself: netlink sockets belong to the namespace in which they are opened.
import { closeSync, openSync } from 'node:fs'
import koffi from 'koffi'
import type { Namespace } from './namespace.ts'

const library = koffi.load(null)
const setns = library.func('int setns(int fd, int type)')
const unshare = library.func('int unshare(int flags)')
const CLONE_NEWNET = 0x40000000

/**
 * Runs `act` with this thread inside the namespace: sockets that it opens and programs that it starts are there. It must not
 * wait for anything, or others would run there too.
 */
export function inNamespace<T>({ name }: Pick<Namespace, 'name'>, act: () => T): T {
  const home = openSync('/proc/thread-self/ns/net', 'r')
  try {
    enter(`/run/netns/${name}`)
    return act()
  } finally {
    enterOpen(home)
    closeSync(home)
  }
}

/** Puts this thread into a network namespace that nobody else is in, and that ends with the process. */
export function enterPrivateNamespace(): void {
  if (unshare(CLONE_NEWNET) < 0) throw new Error('cannot make a network namespace: the tests that need one want root')
}

function enter(path: string): void {
  const fd = openSync(path, 'r')
  try {
    enterOpen(fd)
  } finally {
    closeSync(fd)
  }
}

function enterOpen(fd: number): void {
  if (setns(fd, CLONE_NEWNET) < 0) throw new Error(`cannot enter the network namespace: errno ${koffi.errno()}`)
}
