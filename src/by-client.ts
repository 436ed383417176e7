/** A value for each client. Nearly every answer has one client, and for it alone there is no map: tens of thousands of answers are kept. */
export class ByClient<Value> {
  #client: string | undefined
  #value: Value | undefined
  #others: Map<string, Value> | undefined

  get size(): number {
    return (this.#client === undefined ? 0 : 1) + (this.#others?.size ?? 0)
  }

  get(client: string): Value | undefined {
    return client === this.#client ? this.#value : this.#others?.get(client)
  }

  set(client: string, value: Value): void {
    if (this.#client === undefined && this.#others?.has(client) !== true) this.#client = client
    if (client === this.#client) this.#value = value
    else {
      this.#others ??= new Map()
      this.#others.set(client, value)
    }
  }

  delete(client: string): void {
    if (client !== this.#client) this.#others?.delete(client)
    else {
      this.#client = undefined
      this.#value = undefined
    }
  }

  clear(): void {
    this.#client = undefined
    this.#value = undefined
    this.#others = undefined
  }

  /** Deletes those whose value is no longer wanted. */
  deleteWhere(isUnwanted: (value: Value) => boolean): void {
    if (this.#client !== undefined && isUnwanted(this.#value!)) this.delete(this.#client)
    for (const [client, value] of this.#others ?? []) if (isUnwanted(value)) this.#others!.delete(client)
  }
}
