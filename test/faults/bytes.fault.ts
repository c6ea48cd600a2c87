/**
 * Bytes that no client sends: each family of test/corpus/requests over and over, on connections of their own, while
 * others call. Those notice nothing, the cluster sees no token but the right one, and the provider is not asked.
 */
import { type CorpusEntry, corpus } from '../helpers/corpus.ts'
import { openSocket } from '../helpers/raw-http.ts'
import { faultTable, type Row } from './lab/lab.ts'
import { callerSaw } from './lab/load.ts'

const ANSWERED_WITHIN_MS = 30
const AT_ONCE = 4

async function send(port: number, { pieces }: CorpusEntry): Promise<void> {
  const socket = await openSocket(port)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  for (const piece of pieces) socket.write(piece, 'latin1')
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, ANSWERED_WITHIN_MS))])
  socket.destroy()
}

function rowOf([family, entries]: [string, CorpusEntry[]]): Row {
  let url = ''
  let isOver = false
  let senders: Promise<void>[] = []
  const sendAll = async (first: number) => {
    const { port } = new URL(url)
    for (let i = first; !isOver; i += AT_ONCE) {
      const entry = entries[i % entries.length]
      if (entry !== undefined) await send(Number(port), entry)
    }
  }
  return {
    fault: `hostile bytes: ${family}`,
    lifeS: 300,
    call(proxyUrl) {
      url = proxyUrl
      return callerSaw(`${proxyUrl}/v2/topology`)
    },
    inject() {
      senders = Array.from({ length: AT_ONCE }, (_, i) => sendAll(i))
    },
    async end() {
      isOver = true
      await Promise.all(senders)
    },
    callers: ['200'],
    tokenRequests: 0,
  }
}

faultTable('bytes', corpus().map(rowOf))
