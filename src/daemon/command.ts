import { CODE_ENDING, codePath, packagePath } from '../place.ts'
import type { Part } from './identity.ts'

const PROGRAM = codePath(`part${CODE_ENDING}`)
/**
 * Young objects are collected when there are 4 MB of them, so that it takes a millisecond or two and not twenty. One thread compiles and
 * helps to collect, not four: where they share a core with the one that answers, each takes its turn (test/bench/README.md, "Answer → open").
 */
export const ENGINE_FLAGS = ['--max-semi-space-size=4', '--v8-pool-size=1'] as const
/**
 * Who answers many looks through old objects when there are 128 MB of them, and not each time that some tens have doubled: that takes 10 to
 * 20 ms, and a change of many zone files did it each time (bench: files). Other processes do without: Node's own code was compiled
 * ahead under other flags, and is compiled anew in 25 ms.
 */
export const ANSWERING_FLAG = '--initial-old-space-size=128'
/** As bin/sallyport has them for a part that runs alone. */
const FLAGS = [...ENGINE_FLAGS, '--require', packagePath('bin/compiled.cjs')]

/** The words that run a part of `up`, which waits for its orders. */
export function programOf(part: Part): [string, ...string[]] {
  return wordsOf(part, part === 'resolver' ? [ANSWERING_FLAG] : [])
}

/** The same of `run`, where one command asks, and waits for the start. */
export function briefProgramOf(part: Part): [string, ...string[]] {
  return wordsOf(part, [])
}

function wordsOf(part: Part, more: readonly string[]): [string, ...string[]] {
  return [process.execPath, ...more, ...FLAGS, PROGRAM, part]
}
