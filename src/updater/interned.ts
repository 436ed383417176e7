import { NONE } from './flat-table.ts'

/** Texts of which many rows hold the same, each kept once for as long as anybody holds it, and told by a small number. */
export class Interned<Text extends string> {
  readonly #numbers = new Map<Text, number>()
  readonly #texts: (Text | undefined)[] = []
  readonly #holders: number[] = []
  readonly #free: number[] = []
  /** One text is asked for several times in a row. */
  #lastText: Text | undefined
  #lastNumber = NONE

  get size(): number {
    return this.#numbers.size
  }

  /** NONE: nobody holds it. */
  numberOf(text: Text): number {
    if (this.#lastText === text) return this.#lastNumber
    const number = this.#numbers.get(text) ?? NONE
    if (number !== NONE) this.#remember(text, number)
    return number
  }

  textOf(number: number): Text {
    return this.#texts[number]!
  }

  /** How often it is held. */
  countOf(text: Text): number {
    const number = this.numberOf(text)
    return number === NONE ? 0 : this.#holders[number]!
  }

  /** To be released as often as it is held. */
  hold(text: Text): number {
    const known = this.numberOf(text)
    if (known === NONE) return this.#add(text)
    this.#holders[known]!++
    return known
  }

  release(number: number): void {
    if (--this.#holders[number]! > 0) return
    this.#numbers.delete(this.textOf(number))
    this.#lastText = undefined
    this.#texts[number] = undefined
    this.#free.push(number)
  }

  #add(text: Text): number {
    const number = this.#free.pop() ?? this.#texts.length
    this.#numbers.set(text, number)
    this.#texts[number] = text
    this.#holders[number] = 1
    this.#remember(text, number)
    return number
  }

  #remember(text: Text, number: number): void {
    this.#lastText = text
    this.#lastNumber = number
  }
}
