import t, { type Test } from 'tap'
import type { Dispatcher } from 'undici'
import type { Credential, Keeper } from '../../src/credentials/credential.ts'
import { sendAuthenticated } from '../../src/upstream/authenticate.ts'
import { clusterDispatcher } from '../../src/upstream/dispatcher.ts'
import { connection, notes } from '../helpers/connections.ts'
import { rawServer } from '../helpers/fake-cluster.ts'
import { until } from '../helpers/until.ts'

const credential = (token: string) => ({ headers: ['authorization', token] }) as unknown as Credential

/** Refuses at length, and never ends it; what comes with the newer credential it answers in its own way. */
async function lab(t: Test, answer: string) {
  let [refused, asked] = [0, 0]
  const cluster = await rawServer((socket) =>
    socket.on('data', (chunk) => {
      asked++
      if (!String(chunk).includes('old')) return socket.write(answer)
      refused++
      socket.once('close', () => refused--)
      return socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nhalf')
    }),
  )
  const dispatcher = clusterDispatcher(connection(), notes())
  t.teardown(() => Promise.all([dispatcher.destroy(), cluster.close()]))
  let token = 'old'
  const current = () => credential(token)
  const reject = async () => {
    token = 'new'
    return current()
  }
  const keeper = { current, usable: current, accept() {}, reject }
  const told: string[] = []
  let controller: Dispatcher.DispatchController | undefined
  const request = { origin: cluster.url, path: '/', method: 'GET', headers: [], body: null }
  sendAuthenticated(dispatcher, request, keeper as unknown as Keeper, {
    onRequestStart(given) {
      controller = given
    },
    onResponseStart: (_controller, status) => void told.push(String(status)),
    onResponseEnd: () => void told.push('end'),
    onResponseError: () => void told.push('error'),
  })
  await until(() => asked === 2, 'it was sent again')
  return { told, refused: () => refused, abort: () => controller?.abort(new Error('left')) }
}

t.test('once another has come in its place', async (t) => {
  const { told, refused } = await lab(t, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  await until(() => refused() === 0, 'its connection is closed')
  t.strictSame(told, ['200', 'end'])
})

t.test('once the other has failed', async (t) => {
  const { told, refused } = await lab(t, 'no HTTP\r\n')
  await until(() => refused() === 0, 'its connection is closed')
  t.strictSame(told, ['error'])
})

t.test('once the caller has left', async (t) => {
  const { refused, abort } = await lab(t, '')
  t.equal(refused(), 1, 'until then there is hope')
  abort()
  await until(() => refused() === 0, 'its connection is closed')
})
