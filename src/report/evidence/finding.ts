import type { Evidence } from './evidence.ts'

/** What speaks against the promise of default deny, or against the evidence for it. */
export function findingsOf({
  setup,
  running,
  policy,
  log,
  proof,
  doctor,
  unlisted,
  crowded,
  unread,
}: Omit<Evidence, 'findings'>): readonly string[] {
  return [
    ...(setup.guard === 'none' ? ['No guard is set: names are filtered, packets are not.'] : []),
    ...(setup.mode === 'audit' ? ['Mode audit is set: what is denied is let through, and recorded.'] : []),
    ...policy.files
      .filter(({ audit }) => audit)
      .map(({ file }) => `${file} says "$MODE audit": what is denied to its clients is let through, and recorded.`),
    ...(running !== null && setup.guard !== 'none' && !running.enforced ? ['The kernel is not in step with the policy.'] : []),
    ...(running !== null && policy.revision !== null && running.revision !== policy.revision
      ? [`Revision ${running.revision} is in force, and the zone files make ${policy.revision}.`]
      : []),
    ...policy.problems.map((problem) => `The zone files are not valid: ${problem}`),
    ...(log === null ? ['There is no decision log.'] : log.intact ? [] : ['The decision log is not what was written.']),
    ...(unlisted > 0 ? [`${unlisted} questions and contacts found no room in the log or here, and are not listed.`] : []),
    ...crowded.map((kind) => `At times the kernel had no room for more contacts (${kind}): some are not listed.`),
    ...unread.map(describeUnread),
    ...(proof !== null && proof.guard !== setup.guard
      ? [`The attempts to escape were made on guard ${proof.guard}, and ${setup.guard} is set.`]
      : []),
    ...(doctor !== null && setup.guard !== 'none' && doctor.guard !== setup.guard
      ? [`The host was examined for guard ${doctor.guard}, and ${setup.guard} is set.`]
      : []),
    ...(doctor?.bad ?? []).map((says) => `The host does not hold what the guard needs: ${says}`),
    ...(proof !== null && !proof.proven ? [`The attempts to escape do not prove that nothing gets out: ${proof.summary}`] : []),
  ]
}

function describeUnread({ file, lines, reason }: Evidence['unread'][number]): string {
  if (reason !== null) return `In the decision log ${reason}: what is there is not listed.`
  return `In the decision log ${file} has ${lines === 1 ? 'a line that is no record, and is' : `${lines} lines that are no records, and are`} not listed.`
}
