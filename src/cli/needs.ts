// `sallyport check --needs`: one check a needed destination.

import { readFileSync } from 'node:fs'
import { tryLive } from '../audit/live.ts'
import { describeNeed, finding, judgeNeed, parseNeeded } from '../audit/need.ts'
import type { Config } from '../config/config.ts'
import { type Need, parseNeeds } from '../config/needs.ts'
import { askControl } from '../daemon/control.ts'
import { statePaths } from '../daemon/path.ts'
import type { ResolverStatus } from '../daemon/status.ts'
import type { Policy } from '../policy/policy.ts'
import type { Check, Finding } from '../report/finding.ts'
import { CommandError } from './context.ts'
import { clientOf } from './policy.ts'

export interface NeedsOptions {
  readonly needs?: string
  readonly soon: number
  readonly live?: boolean
  readonly server?: string
}

const DAY_MS = 86_400_000
const LIVE_TIMEOUT_MS = 5_000

export async function checkNeeds(config: Config, policy: Policy, file: string, options: NeedsOptions): Promise<readonly Check[]> {
  const needs = parseNeeds(readNeeds(file), file)
  const server = options.live ? (options.server ?? (await runningResolver(config))) : undefined
  const context = {
    file,
    now: Date.now(),
    soonMs: options.soon * DAY_MS,
    viewOf: (client: string | undefined) => clientOf(policy, client).view,
  }
  const judged = needs.map((need) => ({ need, found: judgeNeed(need, context) }))
  return Promise.all(
    judged.map(async ({ need, found }) => {
      const denied = found?.rule === 'need-denied'
      const live = options.live && !denied ? await checkLive(need, file, server) : undefined
      return { group: 'needs', name: describeNeed(need), findings: [found, live].filter((each) => each !== undefined) } as const
    }),
  )
}

async function checkLive(need: Need, file: string, server: string | undefined): Promise<Finding | undefined> {
  const failure = await tryLive(parseNeeded(need, file), { server, timeoutMs: LIVE_TIMEOUT_MS })
  return failure === undefined ? undefined : finding(need, { file }, 'need-unreachable', `is allowed, and ${failure}`)
}

/** The resolver of this gateway, if one runs here. */
async function runningResolver(config: Config): Promise<string | undefined> {
  const status = (await askControl(statePaths(config.state).resolverControl, '/status')) as ResolverStatus | undefined
  return status?.listening[0]
}

function readNeeds(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new CommandError(`${file}: cannot be read: ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
}
