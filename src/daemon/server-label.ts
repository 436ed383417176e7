/**
 * What upstreams are called where everybody reads it, by their label. Of a URL the path is left out, for it may name an account; of
 * several that differ by nothing else, the second is "https://dns.example (2)".
 */
export function publicLabels(labels: readonly string[]): ReadonlyMap<string, string> {
  const alike = new Map<string, number>()
  const shown = [...new Set(labels)].map((label) => {
    const host = label.replace(/^(https:\/\/[^/]+)\/.*$/, '$1')
    const number = (alike.get(host) ?? 0) + 1
    alike.set(host, number)
    return [label, number === 1 ? host : `${host} (${number})`] as const
  })
  return new Map(shown)
}
