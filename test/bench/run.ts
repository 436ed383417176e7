// npm run bench [-- --quick] [-- --only dnsmasq,unbound] [-- --rounds 5] [-- --json FILE]: sallyport beside its peers, in one run.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createPlace, type Place } from './place.ts'
import { cached } from './question/cached.ts'
import { denied } from './question/denied.ts'
import { latencies } from './question/latency.ts'
import { newNames } from './question/new-names.ts'
import type { Effort, Question } from './question/question.ts'
import { describeMachine, formatTable, type Result } from './report.ts'
import { dnsdist } from './subject/dnsdist.ts'
import { dnsmasq } from './subject/dnsmasq.ts'
import { sallyport } from './subject/sallyport.ts'
import { smartdns } from './subject/smartdns.ts'
import type { Subject } from './subject/subject.ts'
import { unbound } from './subject/unbound.ts'

const PEERS: readonly Subject[] = [dnsmasq, unbound, dnsdist, smartdns]
const QUESTIONS: readonly Question[] = [cached, denied, ...latencies, newNames]

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    json: { type: 'string', default: join(tmpdir(), 'sallyport-bench.json') },
  },
})
const effort: Effort = { seconds: options.quick ? 2 : 5 }
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3))
const wanted = options.only?.split(',')
const subjects = [sallyport, ...PEERS.filter(({ name }) => !wanted || wanted.includes(name))]

install(subjects)
const place = await createPlace(options.quick ? 10_000 : 50_000)
try {
  const results = await measureAll(place)
  const machine = describeMachine()
  process.stdout.write(formatTable(QUESTIONS, subjects, results, machine, rounds))
  writeFileSync(options.json, `${JSON.stringify({ machine, rounds, results }, undefined, 2)}\n`)
  process.stdout.write(`\nas JSON: ${options.json}\n`)
} finally {
  await place.close()
}

/** Each round has everybody in turn, alone: what the machine does meanwhile meets all of them alike. */
async function measureAll(place: Place): Promise<Result[]> {
  const results: Result[] = []
  for (let round = 1; round <= rounds; round++) {
    for (const subject of subjects) {
      const running = await subject.start(place)
      try {
        for (const question of QUESTIONS) results.push(await measureOne(place, subject, question, round))
      } finally {
        await running.stop()
      }
    }
  }
  return results
}

async function measureOne(place: Place, subject: Subject, question: Question, round: number): Promise<Result> {
  const value = await question.measure(place, subject, effort)
  process.stderr.write(
    `round ${round}: ${subject.name}: ${question.title}: ${value === undefined ? '–' : Math.round(value) + question.unit}\n`,
  )
  return { subject: subject.name, version: subject.version(), question: question.key, round, value: value ?? null }
}

function install(subjects: readonly Subject[]): void {
  const script = fileURLToPath(new URL('../setup.sh', import.meta.url))
  const packages = ['nftables', 'iproute2', 'nsd', 'dnsutils', 'dnsperf', 'util-linux', ...subjects.flatMap((subject) => subject.packages)]
  if (spawnSync('sh', [script, ...packages], { stdio: 'inherit' }).status !== 0) process.exit(2)
}
