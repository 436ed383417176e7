import { FlatTable, hashOfText, NONE } from './flat-table.ts'

/** Texts of which many rows hold the same, each kept once for as long as anybody holds it, and told by a small number. */
export class Interned<Text extends string> {
  /** By number. */
  readonly #table = new FlatTable({ holders: new Int32Array() })
  readonly #texts: (Text | undefined)[] = []
  /** One text is asked for several times in a row. */
  #lastText: Text | undefined
  #lastNumber = NONE
  #lastHash = 0

  get size(): number {
    return this.#table.size
  }

  /** NONE: nobody holds it. */
  numberOf(text: Text): number {
    if (this.#lastText !== text) this.#remember(text, this.#find(text))
    return this.#lastNumber
  }

  textOf(number: number): Text {
    return this.#texts[number]!
  }

  /** How often it is held. */
  countOf(text: Text): number {
    const number = this.numberOf(text)
    return number === NONE ? 0 : this.#table.columns.holders[number]!
  }

  /** To be released as often as it is held. */
  hold(text: Text): number {
    const known = this.numberOf(text)
    const number = known === NONE ? this.#addLast(text) : known
    this.#table.columns.holders[number]!++
    return number
  }

  release(number: number): void {
    if (--this.#table.columns.holders[number]! > 0) return
    this.#table.remove(number)
    this.#texts[number] = undefined
    this.#lastText = undefined
  }

  #find(text: Text): number {
    this.#lastHash = hashOfText(text)
    let number = this.#table.first(this.#lastHash)
    while (number !== NONE && this.#texts[number] !== text) number = this.#table.after(number)
    return number
  }

  /** The text that has been asked for just now. */
  #addLast(text: Text): number {
    const number = this.#table.add(this.#lastHash)
    this.#table.columns.holders[number] = 0
    this.#texts[number] = text
    this.#remember(text, number)
    return number
  }

  #remember(text: Text, number: number): void {
    this.#lastText = text
    this.#lastNumber = number
  }
}
