// Whose requests the updater gets next. It works through what it is sent in order, so that whoever had thousands of addresses waiting there
// would keep everybody else waiting behind them: of each payer some are under way, and the others wait here.

/** Addresses of one payer that are under way: a few milliseconds of the updater's time. A request that has more goes alone. */
const MOST_UNDER_WAY = 512

export interface Turn {
  readonly payer: string
  readonly addresses: number
  hasBegun: boolean
}

export interface Turns<T extends Turn> {
  /** Begins at once, or when enough that has begun before it has ended. */
  take(turn: T): void
  /** Whether it has begun or not. */
  end(turn: T): void
}

interface Queue<T> {
  begun: number
  /** Addresses of those that have begun. */
  underWay: number
  /** The longest first; made when one has to wait, as few have. */
  waiting: Set<T> | undefined
}

export function createTurns<T extends Turn>(onBegin: (turn: T) => void): Turns<T> {
  const queues = new Map<string, Queue<T>>()

  function take(turn: T): void {
    let queue = queues.get(turn.payer)
    if (queue === undefined) {
      queue = { begun: 0, underWay: 0, waiting: undefined }
      queues.set(turn.payer, queue)
    }
    if (queue.waiting === undefined && hasRoom(queue, turn)) return begin(queue, turn)
    queue.waiting ??= new Set()
    queue.waiting.add(turn)
  }

  function end(turn: T): void {
    const queue = queues.get(turn.payer)!
    if (turn.hasBegun) {
      queue.begun--
      queue.underWay -= turn.addresses
    } else queue.waiting!.delete(turn)
    if (queue.waiting !== undefined) beginNext(queue, queue.waiting)
    if (queue.begun === 0) queues.delete(turn.payer)
  }

  function beginNext(queue: Queue<T>, waiting: Set<T>): void {
    for (const turn of waiting) {
      if (!hasRoom(queue, turn)) return
      waiting.delete(turn)
      begin(queue, turn)
    }
    queue.waiting = undefined
  }

  function begin(queue: Queue<T>, turn: T): void {
    queue.begun++
    queue.underWay += turn.addresses
    turn.hasBegun = true
    onBegin(turn)
  }

  return { take, end }
}

function hasRoom({ begun, underWay }: Queue<Turn>, { addresses }: Turn): boolean {
  return begun === 0 || underWay + addresses <= MOST_UNDER_WAY
}
