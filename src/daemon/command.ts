import { CODE_ENDING, codePath, packagePath } from '../place.ts'
import type { Part } from './identity.ts'

const PROGRAM = codePath(`part${CODE_ENDING}`)
/** As bin/sallyport has them: code that was compiled with other flags is compiled anew. */
const FLAGS = ['--max-semi-space-size=4', '--require', packagePath('bin/compiled.cjs')]

/** The words that run a part, which waits for its orders. */
export function programOf(part: Part): [string, ...string[]] {
  return [process.execPath, ...FLAGS, PROGRAM, part]
}
