/** `veth*` is every name that begins with "veth"; any other pattern is that name alone. */
export function matchesInterface(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

/** Does whatever matches `inner` match `outer` too? */
export function coversPattern(outer: string, inner: string): boolean {
  return inner === outer || (outer.endsWith('*') && inner.startsWith(outer.slice(0, -1)))
}
