// All commands.

import type { Command } from 'commander'
import { addAudit } from './audit.ts'
import { addCheck } from './check.ts'
import { addCompletion } from './completion.ts'
import { addDaemons } from './daemon.ts'
import { addDiff } from './diff.ts'
import { addDoctor } from './doctor.ts'
import { addEdits } from './edit.ts'
import { addInit } from './init.ts'
import { addLog } from './log.ts'
import { type AddCommand, createFrame } from './program.ts'
import { addProve } from './prove.ts'
import { addReport } from './report.ts'
import { addRun } from './run.ts'
import { addStatus } from './status.ts'
import { addSuggest } from './suggest.ts'
import { addWhy } from './why.ts'

/** In the order of help. A command of its own is a file of its own and a line here; tests then ask for its --help and its place in README. */
export const COMMANDS: readonly AddCommand[] = [
  addInit,
  addDaemons,
  addRun,
  addCheck,
  addDiff,
  addWhy,
  addEdits,
  addAudit,
  addSuggest,
  addLog,
  addStatus,
  addDoctor,
  addProve,
  addReport,
  addCompletion,
]

export function createProgram(): Command {
  const program = createFrame()
  for (const add of COMMANDS) add(program)
  return program
}
