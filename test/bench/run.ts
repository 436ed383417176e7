// sallyport beside its peers, in one run (`npm run bench -- --help`). README.md says how to read what comes out.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Choice, formatHelp, type Options, readOptions, UsageError } from './options.ts'
import { createPlace, type Place } from './place.ts'
import { cached } from './question/cached.ts'
import { commit } from './question/commit.ts'
import { denied } from './question/denied.ts'
import { files } from './question/files.ts'
import { growth } from './question/growth.ts'
import { latency } from './question/latency.ts'
import { million } from './question/million.ts'
import { newNames } from './question/new-names.ts'
import { opening } from './question/opening.ts'
import { passing } from './question/passing.ts'
import type { Effort, Measured, OwnQuestion, Question } from './question/question.ts'
import { recovery } from './question/recovery.ts'
import { rules } from './question/rules.ts'
import { run } from './question/run.ts'
import { scale } from './question/scale.ts'
import { start } from './question/start.ts'
import { describeMachine, formatTable, type Report, type Result } from './report.ts'
import { dnsdist } from './subject/dnsdist.ts'
import { dnsmasq } from './subject/dnsmasq.ts'
import { sallyport } from './subject/sallyport.ts'
import { smartdns } from './subject/smartdns.ts'
import type { Subject } from './subject/subject.ts'
import { unbound } from './subject/unbound.ts'

const PEERS: readonly Subject[] = [dnsmasq, unbound, dnsdist, smartdns]
const QUESTIONS: readonly Question[] = [cached, denied, latency, newNames]
const OWN_QUESTIONS: readonly OwnQuestion[] = [opening, commit, passing, rules, million, files, scale, growth, start, recovery, run]

const CHOICE: Choice = {
  peers: PEERS.map(({ name }) => name),
  questions: [...QUESTIONS, ...OWN_QUESTIONS].map(({ key }) => key),
}

const options = readCommandLine()
const { rounds } = options
const effort: Effort = { seconds: options.quick ? 1 : 5, isQuick: options.quick }
const subjects = [sallyport, ...PEERS.filter(({ name }) => options.peers.includes(name))]
const questions = QUESTIONS.filter(({ key }) => options.questions.includes(key))
const ownQuestions = OWN_QUESTIONS.filter(({ key }) => options.questions.includes(key))

install()
const place = await createPlace(options.quick ? 6_000 : 150_000, options.bare)
try {
  const results = await measureAll()
  const report: Report = {
    machine: describeMachine(),
    rounds,
    versions: Object.fromEntries(subjects.map((subject) => [subject.name, subject.version()])),
    figures: [...questions, ...ownQuestions].flatMap(({ figures }) => figures),
    results,
  }
  process.stdout.write(formatTable(report, subjects))
  writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`)
  process.stdout.write(`\nas JSON: ${options.json}\n`)
} finally {
  await place.close()
}

/** Ends the process where there is nothing to measure. */
function readCommandLine(): Options {
  try {
    const read = readOptions(process.argv.slice(2), CHOICE)
    if (!read.help) return read
    process.stdout.write(formatHelp(CHOICE))
    process.exit(0)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
}

/** Each round has everybody in turn, alone: what the machine does meanwhile meets all of them alike. */
async function measureAll(): Promise<Result[]> {
  const results: Result[] = []
  const note = (round: number, subject: string, measured: Measured): void => {
    for (const [figure, value] of Object.entries(measured)) {
      process.stderr.write(`round ${round}: ${subject}: ${figure}: ${Math.round(value)}\n`)
      results.push({ subject, figure, round, value })
    }
  }
  for (let round = 1; round <= rounds; round++) {
    if (questions.length > 0) for (const subject of subjects) note(round, subject.name, await measureOne(place, subject))
    for (const question of ownQuestions) note(round, sallyport.name, await question.measure(place, effort))
  }
  return results
}

async function measureOne(place: Place, subject: Subject): Promise<Measured> {
  const running = await subject.start(place)
  try {
    const measured: Measured[] = []
    for (const question of questions) measured.push(await question.measure(place, subject, running, effort))
    return Object.assign({}, ...measured)
  } finally {
    await running.stop()
  }
}

function install(): void {
  const script = fileURLToPath(new URL('../setup.sh', import.meta.url))
  const packages = ['nftables', 'iproute2', 'nsd', 'dnsutils', 'dnsperf', 'util-linux', ...subjects.flatMap((subject) => subject.packages)]
  if (spawnSync('sh', [script, ...packages], { stdio: 'inherit' }).status !== 0) process.exit(2)
}
