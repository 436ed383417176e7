// Rows in flat arrays, a column each, instead of objects: 200,000 leases are nothing for the collector to copy or to trace, and take a
// quarter of the memory (`npm run bench -- --ask scale`). What a row means, and what its columns hold, is its owner's business.

/** No row. */
export const NONE = -1

type Column = Int32Array | Float64Array
type Columns = Readonly<Record<string, Column>>

/** Somebody who goes through all rows. */
interface Scan {
  at: number
  /** Rows up to there that have been added since. */
  readonly behind: Set<number>
}

const FIRST_ROWS_LOG2 = 6
const WORD_BITS = 32
/** What `#next` has for rows in use is NONE or above; for free ones, the next free row below this. */
const FREE = NONE - 1
/** Odd, and random at each start: nobody who chooses what is in the rows chooses which of them fall on one another. */
const FACTORS = crypto.getRandomValues(new Uint32Array(4)).map((word) => word | 1)

/** Of up to four whole numbers of 32 bits. */
export function hashOf(one: number, two = 0, three = 0, four = 0): number {
  const [a, b, c, d] = [FACTORS[0]!, FACTORS[1]!, FACTORS[2]!, FACTORS[3]!]
  return mixed(Math.imul(one, a) + Math.imul(two, b) + Math.imul(three, c) + Math.imul(four, d))
}

/** The same of a text: a hash like FNV-1a, its start and its factor secret. */
export function hashOfText(text: string): number {
  const factor = FACTORS[0]!
  let hash = FACTORS[1]! | 0
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), factor)
  return mixed(hash)
}

/** Numbers in a row are multiples of one factor, which with an unlucky one lie in few places: this scatters them (the finalizer of MurmurHash3, public domain). */
function mixed(sum: number): number {
  let hash = sum | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** Rows are numbers; one that is removed is used again. Found by the hash that they were added with: walk them by `first` and `after`, and compare. */
export class FlatTable<Table extends Columns> {
  /** By row. They are replaced as they grow: keep none. */
  readonly columns: Table
  size = 0
  #heads: Int32Array
  #hashes: Int32Array
  /** The next row with a hash that falls into the same place; of a free row, the next free one. */
  #next: Int32Array
  #shift = WORD_BITS - FIRST_ROWS_LOG2
  #end = 0
  #free = NONE
  readonly #scans = new Set<Scan>()

  /** @param columns empty ones, of the kind that they shall have */
  constructor(columns: Table) {
    this.columns = columns
    const rows = 1 << FIRST_ROWS_LOG2
    this.#heads = new Int32Array(rows).fill(NONE)
    this.#hashes = new Int32Array(rows)
    this.#next = new Int32Array(rows)
    this.#growColumns(rows)
  }

  /** The first row with that hash, or NONE. */
  first(hash: number): number {
    return this.#seek(this.#heads[hash >>> this.#shift]!, hash)
  }

  /** The next row with the hash of this one, or NONE. */
  after(row: number): number {
    return this.#seek(this.#next[row]!, this.#hashes[row]!)
  }

  /** A new row; what its columns hold is left over from others. */
  add(hash: number): number {
    const row = this.#take()
    for (const { at, behind } of this.#scans) if (row <= at) noteLast(behind, row)
    const place = hash >>> this.#shift
    this.#hashes[row] = hash
    this.#next[row] = this.#heads[place]!
    this.#heads[place] = row
    this.size++
    return row
  }

  remove(row: number): void {
    const place = this.#hashes[row]! >>> this.#shift
    const after = this.#next[row]!
    if (this.#heads[place] === row) this.#heads[place] = after
    else this.#next[this.#before(row, place)] = after
    this.#next[row] = FREE - 1 - this.#free
    this.#free = row
    this.size--
  }

  /** All rows, unless they are removed before it comes to them; of those that are added meanwhile, some. */
  *rows(): Generator<number> {
    for (let row = 0; row < this.#end; row++) if (this.#isUsed(row)) yield row
  }

  /** The same, and all that are added meanwhile: it does not end while others go on adding. */
  *rowsAndAdded(): Generator<number> {
    const scan: Scan = { at: 0, behind: new Set() }
    this.#scans.add(scan)
    try {
      for (; scan.at < this.#end; scan.at++) if (this.#isUsed(scan.at)) yield scan.at
      scan.at = Number.POSITIVE_INFINITY
      for (const row of scan.behind) if (this.#isUsed(row)) yield row
    } finally {
      this.#scans.delete(scan)
    }
  }

  #isUsed(row: number): boolean {
    return this.#next[row]! >= NONE
  }

  #seek(from: number, hash: number): number {
    let row = from
    while (row !== NONE && this.#hashes[row] !== hash) row = this.#next[row]!
    return row
  }

  #before(row: number, place: number): number {
    let before = this.#heads[place]!
    while (this.#next[before] !== row) before = this.#next[before]!
    return before
  }

  #take(): number {
    if (this.#free !== NONE) {
      const row = this.#free
      this.#free = FREE - 1 - this.#next[row]!
      return row
    }
    if (this.#end === this.#next.length) this.#grow()
    return this.#end++
  }

  #grow(): void {
    const rows = 2 * this.#next.length
    this.#shift--
    this.#hashes = grown(this.#hashes, rows)
    this.#next = grown(this.#next, rows)
    this.#heads = new Int32Array(rows).fill(NONE)
    for (let row = 0; row < this.#end; row++) {
      if (!this.#isUsed(row)) continue
      const place = this.#hashes[row]! >>> this.#shift
      this.#next[row] = this.#heads[place]!
      this.#heads[place] = row
    }
    this.#growColumns(rows)
  }

  #growColumns(rows: number): void {
    const columns = this.columns as Record<string, Column>
    for (const [name, column] of Object.entries(columns)) columns[name] = grown(column, rows)
  }
}

/** As the last, though it may have been there before. */
function noteLast(rows: Set<number>, row: number): void {
  rows.delete(row)
  rows.add(row)
}

function grown<C extends Column>(column: C, rows: number): C {
  const larger = new (column.constructor as new (length: number) => C)(rows)
  larger.set(column)
  return larger
}
