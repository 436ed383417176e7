import { CODE_ENDING, codePath, packagePath } from '../place.ts'
import type { Part } from './identity.ts'

const PROGRAM = codePath(`part${CODE_ENDING}`)
/** Young objects are collected when there are 4 MB of them, so that it takes a millisecond or two and not twenty (test/bench/README.md, "Answer → open"). */
export const COLLECTOR_FLAG = '--max-semi-space-size=4'
/** As bin/sallyport has them: code that was compiled with other flags is compiled anew. */
const FLAGS = [COLLECTOR_FLAG, '--require', packagePath('bin/compiled.cjs')]

/** The words that run a part, which waits for its orders. */
export function programOf(part: Part): [string, ...string[]] {
  return [process.execPath, ...FLAGS, PROGRAM, part]
}
