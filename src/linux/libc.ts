// The C library's functions that this program calls: the one home of koffi.
import koffi from 'koffi'
import { SystemError } from './error.ts'

// The running process has its C library loaded already, so its own symbols are right for glibc and musl alike.
const library = koffi.load(null)

export const libc = {
  socket: library.func('int socket(int domain, int type, int protocol)'),
  close: library.func('int close(int fd)'),
  fcntl: library.func('int fcntl(int fd, int command, int argument)'),
  flock: library.func('int flock(int fd, int operation)'),
  bind: library.func('int bind(int fd, const void *address, uint32_t length)'),
  connect: library.func('int connect(int fd, const void *address, uint32_t length)'),
  getsockname: library.func('int getsockname(int fd, _Out_ void *address, _Inout_ uint32_t *length)'),
  setsockopt: library.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
  getsockopt: library.func('int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ uint32_t *length)'),
  send: library.func('intptr_t send(int fd, const void *octets, size_t length, int flags)'),
  sendto: library.func(
    'intptr_t sendto(int fd, const void *octets, size_t length, int flags, const void *address, uint32_t addressLength)',
  ),
  sendmsg: library.func('intptr_t sendmsg(int fd, const void *message, int flags)'),
  recv: library.func('intptr_t recv(int fd, _Out_ void *octets, size_t length, int flags)'),
  ioctl: library.func('int ioctl(int fd, unsigned long request, unsigned long argument)'),
  setns: library.func('int setns(int fd, int type)'),
  unshare: library.func('int unshare(int flags)'),
  recvmmsg: library.func('int recvmmsg(int fd, void *headers, unsigned int count, int flags, void *timeout)'),
  sendmmsg: library.func('int sendmmsg(int fd, void *headers, unsigned int count, int flags)'),
  if_nametoindex: library.func('unsigned int if_nametoindex(const char *name)'),
  if_indextoname: library.func('void *if_indextoname(unsigned int index, _Out_ void *name)'),
  prctl: library.func('int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)'),
  capset: library.func('int capset(const void *header, const void *data)'),
  setgroups: library.func('int setgroups(size_t count, const void *groups)'),
  setresgid: library.func('int setresgid(uint32_t real, uint32_t effective, uint32_t saved)'),
  setresuid: library.func('int setresuid(uint32_t real, uint32_t effective, uint32_t saved)'),
} as const

/** The machine address of a buffer's first octet, for structures that hold pointers. The buffer must stay referenced while it is used. */
export function pointerTo(octets: Uint8Array): bigint {
  return koffi.address(octets)
}

/** Why the call that has just failed has: for what is no error to whoever calls, and too frequent to make one. */
export function lastErrno(): number {
  return koffi.errno()
}

/** The error of the call that has just failed. */
export function lastError(call: string): SystemError {
  return new SystemError(call, koffi.errno())
}

/** Calls again while a signal interrupts; a negative result becomes a SystemError of that name. */
export function check(call: string, attempt: () => number): number {
  for (;;) {
    const result = attempt()
    if (result >= 0) return result
    const error = lastError(call)
    if (error.code !== 'EINTR') throw error
  }
}
