export interface JournalOptions {
  /** Of one stream; made and owned already, or not to be had. */
  readonly folder: string
  /** A file that has reached it is followed by the next. */
  readonly fileOctets: number
  /** Older files are deleted, and the log says so. */
  readonly keepFiles: number
  /** The longest time for which records are with the kernel but not on the disk. */
  readonly syncSeconds: number
  onFailure(reason: string): void
  onRecovery(): void
}
