// A server in a thread of its own, that answers exact names and says nothing about those below "flood".

import { parentPort } from 'node:worker_threads'
import { answerTo, startScriptedServer } from '../upstream/scripted-server.ts'

const { endpoint } = await startScriptedServer(({ query, reply }) => {
  if (!query.toString('latin1').toLowerCase().includes('flood')) reply(answerTo(query))
})
parentPort!.postMessage(endpoint)
