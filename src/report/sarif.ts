// Findings as SARIF 2.1.0, which code hosts show beside the lines of a pull request.

import { relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Finding, RULES, type RuleId } from './finding.ts'

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'

/** @param folder what paths are made relative to: the top of the checkout */
export function toSarif(findings: readonly Finding[], folder: string): string {
  const rules = Object.entries(RULES).map(([id, text]) => ({ id, shortDescription: { text } }))
  const driver = { name: 'sallyport', informationUri: 'https://www.npmjs.com/package/sallyport', rules }
  const results = findings.map((finding) => toResult(finding, folder))
  return `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [{ tool: { driver }, results }] }, undefined, 2)}\n`
}

function toResult({ rule, severity, message, file, line }: Finding, folder: string) {
  const physicalLocation = { artifactLocation: { uri: uriOf(file, folder) }, ...(line > 0 ? { region: { startLine: line } } : {}) }
  return { ruleId: rule satisfies RuleId, level: severity, message: { text: withoutLinks(message) }, locations: [{ physicalLocation }] }
}

/** In plain text messages `[text](target)` is a link (section 3.11.6), and a zone file could make one for whoever reviews it. */
function withoutLinks(message: string): string {
  return message.replaceAll('](', '] (')
}

function uriOf(file: string, folder: string): string {
  const path = relative(folder, file)
  return path.startsWith('..') ? pathToFileURL(file).href : path.split('/').map(encodeURIComponent).join('/')
}
