const LEAST = 16

/** A list of whole numbers of 32 bits that grows: four octets each, and nothing for the collector to trace. */
export class Numbers {
  length = 0
  #held: Int32Array

  /** With so many it need not grow. */
  constructor(expected = 0) {
    this.#held = new Int32Array(Math.max(expected, LEAST))
  }

  at(index: number): number {
    return this.#held[index]!
  }

  set(index: number, value: number): void {
    this.#held[index] = value
  }

  push(value: number): void {
    if (this.length === this.#held.length) {
      const held = new Int32Array(2 * this.length)
      held.set(this.#held)
      this.#held = held
    }
    this.#held[this.length++] = value
  }
}
