// Stands in for your agent: one request that the zone files allow, one that they do not.
const urls = process.argv.slice(2)
if (urls.length === 0) urls.push('https://registry.npmjs.org/', 'https://example.com/')

for (const url of urls) {
  const outcome = await fetch(url, { signal: AbortSignal.timeout(10_000) }).then(
    ({ status }) => `answered ${status}`,
    ({ message, cause }) => `refused: ${cause?.message ?? message}`,
  )
  console.log(`${url}: ${outcome}`)
}
