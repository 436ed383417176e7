import { readFileSync } from 'node:fs'

/**
 * Whether nothing that is executed from now on gains privileges (NoNewPrivs in proc_pid_status(5)), as `setNoNewPrivileges` sees to. Whoever
 * only asks has no need of the C library, which takes 15 ms to load (bench/start).
 */
export function gainsNoPrivileges(): boolean {
  return /^NoNewPrivs:\t1$/m.test(readFileSync('/proc/self/status', 'utf8'))
}
