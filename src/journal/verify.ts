// Is the log what was written? Each line against the one before it, each chain against the checkpoints. And what that cannot show.

import { BEGINNING, followLine, type Head } from './chain.ts'
import { type Checkpoint, decodeCheckpoint, isSignedBy } from './checkpoint.ts'
import { type JournalPaths, listSegments } from './folder.ts'
import { KeyError, loadVerifyingKey, type VerifyingKey } from './key.ts'
import { ForeignError, readLines, tornOctets } from './lines.ts'
import { checkpointFiles } from './notary.ts'
import { STREAMS, type Stream } from './record.ts'

export interface VerifyOptions {
  readonly paths: JournalPaths
  /** A file of checkpoints that was kept elsewhere. */
  readonly outside: string | undefined
  /** A public key that was kept elsewhere; undefined: the one beside the log. */
  readonly keyFile: string | undefined
  onProgress(records: number): void
}

/** Where something is wrong first. */
export interface Fault {
  readonly file: string
  /** From 1; 0: the file as a whole. */
  readonly line: number
  readonly message: string
}

export interface StreamReport {
  readonly stream: Stream
  readonly records: number
  readonly first: number
  readonly last: number
  /** The last record that a checkpoint covers, and that of one kept elsewhere. */
  readonly signedThrough: number
  readonly shownOutside: number
  /** The first place; undefined: none was found. */
  readonly fault: Fault | undefined
}

export interface Verification {
  readonly intact: boolean
  readonly streams: readonly StreamReport[]
  /** Of the checkpoints themselves. */
  readonly faults: readonly Fault[]
  readonly cannotShow: readonly string[]
}

interface Signed extends Checkpoint {
  readonly outside: boolean
  readonly place: Fault
}

const PROGRESS_RECORDS = 100_000

/** Throws KeyError, and what the file system says. */
export async function verifyJournal(options: VerifyOptions): Promise<Verification> {
  const { paths, outside, keyFile } = options
  const key = loadVerifyingKey(keyFile ?? paths.publicKey)
  if (keyFile !== undefined && key === undefined) throw new KeyError(`there is no key ${keyFile}`)
  const faults: Fault[] = []
  const checkpoints: Signed[] = []
  for (const file of await checkpointFiles(paths)) checkpoints.push(...(await readCheckpoints(file, key, false, faults)))
  checkSequence(checkpoints, faults)
  if (outside !== undefined) checkpoints.push(...(await readCheckpoints(outside, key, true, faults)))
  const streams: StreamReport[] = []
  for (const stream of STREAMS)
    streams.push(
      await verifyStream(
        stream,
        checkpoints.filter((each) => each.stream === stream),
        options,
      ),
    )
  if (checkpoints.length === 0 && streams.every(({ records }) => records === 0))
    faults.push({ file: paths.folder, line: 0, message: 'holds no decision log: none was written, or all of it was removed' })
  const intact = faults.length === 0 && streams.every(({ fault }) => fault === undefined)
  return { intact, streams, faults, cannotShow: limitsOf(options, checkpoints, streams) }
}

async function readCheckpoints(file: string, key: VerifyingKey | undefined, outside: boolean, faults: Fault[]): Promise<Signed[]> {
  const found: Signed[] = []
  let line = 0
  for await (const { octets } of readLines(file)) {
    line++
    const text = octets.toString()
    const checkpoint = decodeCheckpoint(text)
    const message = checkpoint === undefined ? 'is no checkpoint: this line was changed' : doubtsOf(checkpoint, text, key)
    if (message !== undefined) faults.push({ file, line, message })
    else found.push({ ...checkpoint!, outside, place: { file, line, message: '' } })
  }
  return found
}

function doubtsOf(checkpoint: Checkpoint, line: string, key: VerifyingKey | undefined): string | undefined {
  if (key === undefined) return 'cannot be checked: there is no public key; name one with --key'
  if (checkpoint.key !== key.id) return `was signed by key ${checkpoint.key}, not by ${key.id}`
  return isSignedBy(line, key) ? undefined : 'its signature is wrong: this line was changed'
}

function checkSequence(checkpoints: readonly Signed[], faults: Fault[]): void {
  const gap = checkpoints.find((each, index) => index > 0 && each.checkpoint !== checkpoints[index - 1]!.checkpoint + 1)
  if (gap !== undefined) faults.push({ ...gap.place, message: `is checkpoint ${gap.checkpoint}: one before it is missing, or was moved` })
}

async function verifyStream(stream: Stream, checkpoints: readonly Signed[], options: VerifyOptions): Promise<StreamReport> {
  const reading = new StreamReading(stream, checkpoints, options.onProgress)
  const segments = await listSegments(options.paths.stream[stream])
  for (const { file } of segments) {
    if (!(await reading.readFile(file, file === segments.at(-1)!.file))) break
  }
  return reading.finish(options.paths.stream[stream])
}

/** One pass over a chain. */
class StreamReading {
  readonly #stream: Stream
  readonly #checkpoints: readonly Signed[]
  readonly #bySeq: ReadonlyMap<number, readonly Signed[]>
  readonly #onProgress: (records: number) => void
  #head: Head | undefined
  #first = 0
  #records = 0
  /** The last records of files that were deleted. One that a crash kept from being deleted is there still, so the last need not be it. */
  readonly #discarded = new Set<number>()
  #firstPlace: Fault | undefined
  #fault: Fault | undefined
  #unfinished: Fault | undefined

  constructor(stream: Stream, checkpoints: readonly Signed[], onProgress: (records: number) => void) {
    this.#stream = stream
    this.#checkpoints = checkpoints
    this.#bySeq = Map.groupBy(checkpoints, ({ seq }) => seq)
    this.#onProgress = onProgress
  }

  /** False: the chain is broken, and what follows shows nothing. */
  async readFile(file: string, isLast: boolean): Promise<boolean> {
    let line = 0
    let end = 0
    try {
      for await (const { octets, end: behind } of readLines(file)) {
        line++
        end = behind
        this.#fault = this.#readLine(octets, { file, line, message: '' })
        if (this.#fault !== undefined) return false
      }
    } catch (error) {
      if (!(error instanceof ForeignError)) throw error
      this.#fault = { file, line: line === 0 ? 0 : line + 1, message: error.message }
      return false
    }
    const torn = await tornOctets(file, end)
    if (torn === 0) return true
    const fault = { file, line: line + 1, message: `${torn} octets of a line that has no end: it is being written, or was cut off` }
    // A process that runs may be in the middle of it, or have gone on since. Whether it was signed, the checkpoints say.
    if (isLast) this.#unfinished = fault
    else this.#fault = fault
    return isLast
  }

  #readLine(octets: Buffer, place: Fault): Fault | undefined {
    const link = followLine(this.#head, octets)
    if (link.kind === 'break') return { ...place, message: link.message }
    const falseStart = this.#head === undefined ? this.#begin(link.head.seq, link.record.prev as string, place) : undefined
    if (falseStart !== undefined) return falseStart
    this.#head = link.head
    this.#records++
    if (this.#records % PROGRESS_RECORDS === 0) this.#onProgress(this.#records)
    if (link.record.event === 'discard') this.#discarded.add(Number(link.record.through))
    const other = this.#bySeq.get(link.head.seq)?.find(({ hash }) => hash !== link.head.hash)
    return other === undefined
      ? undefined
      : { ...place, message: `is not the record ${other.seq} that checkpoint ${other.checkpoint} signed: the chain was written anew` }
  }

  #begin(seq: number, prev: string, place: Fault): Fault | undefined {
    this.#first = seq
    this.#firstPlace = place
    return seq === 1 && prev !== BEGINNING.hash ? { ...place, message: 'is the first record, and refers to one before it' } : undefined
  }

  finish(folder: string): StreamReport {
    const last = this.#head?.seq ?? 0
    const covered = this.#checkpoints.filter(({ seq }) => seq <= last)
    const most = (some: readonly Signed[]) => some.reduce((seq, each) => Math.max(seq, each.seq), 0)
    return {
      stream: this.#stream,
      records: this.#records,
      first: this.#first,
      last,
      signedThrough: most(covered),
      shownOutside: most(covered.filter(({ outside }) => outside)),
      fault: this.#fault ?? this.#missingStart() ?? this.#missingEnd(folder, last),
    }
  }

  /** Files that were deleted as the settings say are named by the records that stayed. */
  #missingStart(): Fault | undefined {
    if (this.#first <= 1 || this.#discarded.has(this.#first - 1)) return undefined
    return {
      ...this.#firstPlace!,
      message: `is record ${this.#first}: the records before it are missing, and no record says that they were discarded`,
    }
  }

  #missingEnd(folder: string, last: number): Fault | undefined {
    const beyond = this.#checkpoints.find(({ seq }) => seq > last)
    if (beyond === undefined) return undefined
    if (this.#unfinished !== undefined) return this.#unfinished
    const message = `ends with record ${last}, but checkpoint ${beyond.checkpoint} of ${beyond.time} signed record ${beyond.seq}: the end was cut off`
    return { file: folder, line: 0, message }
  }
}

function limitsOf(
  { outside, keyFile }: VerifyOptions,
  checkpoints: readonly Signed[],
  streams: readonly StreamReport[],
): readonly string[] {
  const discarded = streams.filter(({ first }) => first > 1)
  const unsigned = streams.filter(({ last, signedThrough }) => last > signedThrough)
  return [
    ...discarded.map(
      ({ stream, first }) =>
        `${stream}: what records 1 to ${first - 1} said: they were deleted, as the records that stayed say, by the number of files to keep or by whoever had the process in hand`,
    ),
    ...unsigned.map(
      ({ stream, last, signedThrough }) =>
        `${stream}: of records ${signedThrough + 1} to ${last} that they were not written anew, and that none followed them: no checkpoint covers them yet`,
    ),
    ...(outside === undefined
      ? [
          'that log and checkpoints were not cut off together, or replaced with the key: only a checkpoint kept elsewhere shows it (--checkpoint FILE)',
        ]
      : streams.map(({ stream, shownOutside }) => `${stream}: after record ${shownOutside}, more than the checkpoints beside the log say`)),
    ...(keyFile === undefined ? ['whose key signed: the one beside the log was used; name one kept elsewhere with --key FILE'] : []),
    ...(checkpoints.some(({ apart }) => !apart)
      ? ['that the resolver did not sign: it ran as the same user as the updater and could read the key']
      : []),
    'that what was written is true: a process that is in other hands can leave out or invent records before they are signed',
  ]
}
