// Has nothing come for a while? Said of keys when they were pressed, not when this process came to read them.

export interface Quiet {
  /** From now on, anew. */
  begin(): void
  end(): void
  readonly isOver: boolean
}

export function createQuiet(lastsMs: number): Quiet {
  let timer: NodeJS.Timeout | undefined
  let isOver = false

  function end(): void {
    clearTimeout(timer)
    timer = undefined
    isOver = false
  }

  return {
    begin: () => {
      end()
      const own = setTimeout(() => {
        // What came while this process was held up, as by a terminal that is slow to take what is written, is read before that.
        setImmediate(() => {
          if (timer === own) isOver = true
        })
      }, lastsMs)
      timer = own
    },
    end,
    get isOver() {
      return isOver
    },
  }
}
