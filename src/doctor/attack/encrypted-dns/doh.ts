import type { Attack } from '../../prove/attack.ts'

export default {
  tries: 'speaks to a resolver over HTTPS by its address',
  run: ({ tcp, closed, name, question }) => {
    const query = question(name('denied'))
    const head = `POST /dns-query HTTP/1.1\r\nHost: ${closed[6]}\r\nContent-Type: application/dns-message\r\nContent-Length: ${query.length}\r\n\r\n`
    return tcp(closed[6], 443, { payload: Buffer.concat([Buffer.from(head), query]) })
  },
} satisfies Attack
