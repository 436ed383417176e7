import { SystemError } from './error.ts'
import { check, libc } from './libc.ts'

/** include/uapi/asm-generic/fcntl.h */
const LOCK_EX = 2
const LOCK_NB = 4

/**
 * Locks an open file (flock(2)) until the descriptor is closed or the process ends, however it ends. False: another holds it.
 * Throws SystemError.
 */
export function tryLock(descriptor: number): boolean {
  try {
    check('flock', () => libc.flock(descriptor, LOCK_EX | LOCK_NB))
    return true
  } catch (error) {
    if (error instanceof SystemError && error.code === 'EAGAIN') return false
    throw error
  }
}
