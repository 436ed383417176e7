// Checks as JUnit XML, which every CI system reads.

import { type Check, formatFinding } from './finding.ts'

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;' }

/** One test case a check; warnings do not fail it. */
export function toJunit(checks: readonly Check[]): string {
  const failures = checks.filter(isFailed).length
  const totals = `tests="${checks.length}" failures="${failures}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="sallyport check" ${totals}>`,
    `  <testsuite name="sallyport check" ${totals}>`,
    ...checks.flatMap(toCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function toCase(check: Check): readonly string[] {
  const opening = `    <testcase classname="sallyport.${check.group}" name="${escapeXml(check.name)}"`
  if (check.findings.length === 0) return [`${opening}/>`]
  const text = escapeXml(check.findings.map(formatFinding).join('\n'))
  const body = isFailed(check)
    ? `      <failure message="${escapeXml(check.findings[0]!.message)}">${text}</failure>`
    : `      <system-out>${text}</system-out>`
  return [`${opening}>`, body, '    </testcase>']
}

function isFailed({ findings }: Check): boolean {
  return findings.some(({ severity }) => severity === 'error')
}

/** XML 1.0 has no way to write control characters and these two (section 2.2). */
function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"\n]/g, (character) => ESCAPES[character]!).replaceAll(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '?')
}
