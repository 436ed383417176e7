import assert from 'node:assert/strict'

/** What a scrape says: each series, by its name and labels as written, with its value. */
export type Exposition = ReadonlyMap<string, number>

const SAMPLE = /^([a-z_:][a-z0-9_:]*)((?:\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)+\})?) (-?[0-9.e+-]+|[+-]Inf|NaN)$/
const PARTS = /_(?:bucket|sum|count)$/

/** Reads the text format 0.0.4 strictly: every family has its HELP and TYPE first, no series is there twice. */
export function parseExposition(text: string): Exposition {
  const series = new Map<string, number>()
  const types = new Map<string, string>()
  for (const line of text.split('\n').filter((candidate) => candidate !== '')) {
    const [, keyword, family, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (keyword === 'TYPE') types.set(family!, rest!)
    if (keyword !== undefined) continue
    const [, name, labels, value] = SAMPLE.exec(line) ?? assert.fail(`not a sample: ${line}`)
    assert.ok(types.has(name!) || types.get(name!.replace(PARTS, '')) === 'histogram', `${name} has no TYPE`)
    assert.ok(!series.has(name! + labels), `twice: ${line}`)
    series.set(name! + labels, Number(value!.replace('Inf', 'Infinity')))
  }
  return series
}
