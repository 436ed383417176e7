/** Resolves when the process is told to end: by SIGTERM or SIGINT, or because its supervisor is gone. */
export function untilStopped(): Promise<void> {
  return new Promise((stop) => {
    process.once('SIGTERM', () => stop())
    process.once('SIGINT', () => stop())
    process.once('disconnect', () => stop())
    // It went while we began. Undefined where there is none.
    if (process.connected === false) stop()
  })
}
