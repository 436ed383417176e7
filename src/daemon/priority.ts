import { setPriority } from 'node:os'

/** nice(2): three times the share of who has none. */
const NICE = -5

/**
 * On the main thread of whoever answers: it need not wait until the updater's long work or a thread that collects and compiles has used up
 * its slice of the processor, 4 ms at 250 Hz (bench: files). On Linux the value is a thread's own, and other threads stay as they are,
 * which serve this one (setpriority(2)). Who may not, as in a container without CAP_SYS_NICE, answers all the same.
 */
export function answerFirst(): void {
  try {
    setPriority(NICE)
  } catch (error) {
    if (!(error instanceof Error && 'info' in error)) throw error
  }
}
