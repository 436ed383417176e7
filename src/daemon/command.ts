import { CODE_ENDING, codePath, packagePath } from '../place.ts'
import type { Part } from './identity.ts'

const PROGRAM = codePath(`part${CODE_ENDING}`)
/**
 * Young objects are collected when there are 4 MB of them, so that it takes a millisecond or two and not twenty. One thread compiles and
 * helps to collect, not four: where they share a core with the one that answers, each takes its turn (test/bench/README.md, "Answer → open").
 * Old objects are looked through when there are 128 MB of them and not from a few on, as often as they have doubled: that takes 10 to 20 ms,
 * and a change of many zone files did it each time.
 */
export const ENGINE_FLAGS = ['--max-semi-space-size=4', '--v8-pool-size=1', '--initial-old-space-size=128'] as const
/** As bin/sallyport has them: code that was compiled with other flags is compiled anew. */
const FLAGS = [...ENGINE_FLAGS, '--require', packagePath('bin/compiled.cjs')]

/** The words that run a part, which waits for its orders. */
export function programOf(part: Part): [string, ...string[]] {
  return [process.execPath, ...FLAGS, PROGRAM, part]
}
