/** The updater cannot start as it is set up. The message says how to mend that; the exit code is 2. */
export class UpdaterStartError extends Error {
  override readonly name = 'UpdaterStartError'
}
