// Whose requests the updater gets next. It works through what it is sent in order, so that whoever had thousands of addresses waiting there
// would keep everybody else waiting behind them: of each payer some are under way, and the others wait here.

/** Addresses of one payer that are under way: a few milliseconds of the updater's time. A request that has more goes alone. */
const MOST_UNDER_WAY = 512

export interface Turn {
  readonly payer: string
  readonly addresses: number
  begin(): void
}

export interface Turns {
  /** Begins at once, or when enough that has begun before it has ended. */
  take(turn: Turn): void
  /** Whether it has begun or not. */
  end(turn: Turn): void
}

interface Queue {
  underWay: number
  readonly begun: Set<Turn>
  /** The longest first. */
  readonly waiting: Set<Turn>
}

export function createTurns(): Turns {
  const queues = new Map<string, Queue>()

  function take(turn: Turn): void {
    const queue = queues.get(turn.payer) ?? { underWay: 0, begun: new Set(), waiting: new Set() }
    queues.set(turn.payer, queue)
    queue.waiting.add(turn)
    beginNext(queue)
  }

  function end(turn: Turn): void {
    const queue = queues.get(turn.payer)!
    if (queue.begun.delete(turn)) queue.underWay -= turn.addresses
    else queue.waiting.delete(turn)
    if (queue.begun.size + queue.waiting.size === 0) queues.delete(turn.payer)
    else beginNext(queue)
  }

  function beginNext(queue: Queue): void {
    for (const turn of queue.waiting) {
      if (queue.begun.size > 0 && queue.underWay + turn.addresses > MOST_UNDER_WAY) return
      queue.waiting.delete(turn)
      queue.begun.add(turn)
      queue.underWay += turn.addresses
      turn.begin()
    }
  }

  return { take, end }
}
