import type { Figures } from './protocol.ts'

/** A scrape has better things to do than to wait for an updater that is busy. */
const PATIENCE_MS = 1000

export interface FigureDesk {
  /** Those who ask at the same time share one request. */
  ask(): Promise<Figures | undefined>
  /** What the updater says; undefined: it is gone. */
  receive(figures: Figures | undefined): void
}

export function createFigureDesk(request: () => void): FigureDesk {
  let asked: PromiseWithResolvers<Figures | undefined> | undefined
  let timer: NodeJS.Timeout | undefined

  function receive(figures: Figures | undefined): void {
    clearTimeout(timer)
    asked?.resolve(figures)
    asked = undefined
  }

  function ask(): Promise<Figures | undefined> {
    if (asked === undefined) {
      asked = Promise.withResolvers()
      timer = setTimeout(receive, PATIENCE_MS, undefined)
      request()
    }
    return asked.promise
  }

  return { ask, receive }
}
