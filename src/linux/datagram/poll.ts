// Tells when a descriptor can be read, and leaves the reading to whoever is told. Node's own sockets read first and tell then, which for
// the first query of a turn costs many times what the next ones do (test/bench/README.md, "Cached and denied"). It is libuv's uv_poll_t:
// Node's executable exports libuv's functions for addons (https://docs.libuv.org/en/v1.x/poll.html).

import { isMainThread } from 'node:worker_threads'
import koffi from 'koffi'
import { SystemError } from '../error.ts'
import { pointerTo } from '../libc.ts'

/** enum uv_handle_type and enum uv_poll_event of uv.h. */
const UV_POLL = 8
const UV_READABLE = 1

export interface Poll {
  /** It alone does not keep the process running. */
  unref(): void
  /** Resolves when nothing watches the descriptor any more, so that it may be closed. */
  close(): Promise<void>
}

interface Watched {
  /** The uv_poll_t, which libuv holds until it has been closed. */
  readonly handle: Buffer
  isClosing: boolean
  onReadable(): void
  onClosed(): void
}

/** By the address of the handle. */
const watched = new Map<number, Watched>()
const uv = load()

/** Where Node was built without these functions, sockets are Node's. */
export const canPoll = uv !== undefined

/** Calls `onReadable` in each turn of the event loop in which something waits there. Only where `canPoll`. Throws SystemError. */
export function pollReadable(descriptor: number, onReadable: () => void): Poll {
  const { handleSize, init, start, unref, stop, loop } = uv!
  const handle = Buffer.alloc(Number(handleSize(UV_POLL)))
  check('uv_poll_init', init(loop, handle, descriptor))
  const { promise, resolve } = Promise.withResolvers<void>()
  const watch: Watched = { handle, isClosing: false, onReadable, onClosed: resolve }
  watched.set(Number(pointerTo(handle)), watch)
  check('uv_poll_start', start(handle))
  const close = (): Promise<void> => {
    if (!watch.isClosing) stop(handle)
    watch.isClosing = true
    return promise
  }
  return { unref: () => unref(handle), close }
}

/** A bug is to end the process as ever, and not to unwind through libuv. */
function tell(address: number, status: number): void {
  const watch = watched.get(address)!
  try {
    watch.onReadable()
    // An error of the socket ends the watch. Reading has taken it away, and whoever reads it may close.
    if (status < 0 && !watch.isClosing) check('uv_poll_start', uv!.start(watch.handle))
  } catch (error) {
    setImmediate(() => {
      throw error
    })
  }
}

function forget(address: number): void {
  const { onClosed } = watched.get(address)!
  watched.delete(address)
  setImmediate(onClosed)
}

/** libuv returns the negative errno. */
function check(call: string, result: number): void {
  if (result < 0) throw new SystemError(call, -result)
}

/** The default loop is the main thread's. */
function load() {
  if (!isMainThread) return undefined
  try {
    const library = koffi.load(null)
    const onPoll = koffi.register(tell, koffi.pointer(koffi.proto('void uv_poll_cb(intptr_t handle, int status, int events)')))
    const onClose = koffi.register(forget, koffi.pointer(koffi.proto('void uv_close_cb(intptr_t handle)')))
    const start = library.func('int uv_poll_start(void *handle, int events, uv_poll_cb *callback)')
    const close = library.func('void uv_close(void *handle, uv_close_cb *callback)')
    return {
      handleSize: library.func('size_t uv_handle_size(int type)'),
      init: library.func('int uv_poll_init(void *loop, void *handle, int fd)'),
      unref: library.func('void uv_unref(void *handle)'),
      start: (handle: Buffer): number => start(handle, UV_READABLE, onPoll),
      stop: (handle: Buffer): void => close(handle, onClose),
      loop: library.func('void *uv_default_loop()')(),
    }
  } catch {
    return undefined
  }
}
