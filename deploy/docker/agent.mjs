// Stands in for your agent: one request that the zone files allow, one that they do not.
const [allowed = 'https://registry.npmjs.org/', refused = 'https://example.com/'] = process.argv.slice(2)

for (const url of [allowed, refused]) {
  const outcome = await fetch(url, { signal: AbortSignal.timeout(10_000) }).then(
    ({ status }) => `answered ${status}`,
    ({ message, cause }) => `refused: ${cause?.message ?? message}`,
  )
  console.log(`${url}: ${outcome}`)
}
