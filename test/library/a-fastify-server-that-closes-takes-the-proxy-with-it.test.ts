import type { ServerResponse } from 'node:http'
import t from 'tap'
import { request } from 'undici'
import { camunda, settingsFor } from '../helpers/library.ts'
import { mounted } from '../helpers/mounted.ts'
import { until } from '../helpers/until.ts'

t.test('what is in flight is answered first, and then no connection is left', async (t) => {
  let waiting: ServerResponse | undefined
  const parts = await camunda(t, (_request, response) => {
    waiting = response
  })
  const { url, app } = await mounted(t, { '/camunda': await settingsFor(parts) })
  const answer = request(`${url}/camunda/v2/topology`)
  await until(() => waiting !== undefined, 'the request is in flight')
  const closed = app.close()
  await until(() => !app.server.listening, 'the server takes no more')
  waiting?.end('the answer')
  t.equal(await (await answer).body.text(), 'the answer')
  await closed
  await until(() => parts.cluster.connections() === 0, 'the cluster has no connection left')
  t.pass('none is left')
})

t.test('a token is got as soon as the server is ready, whether or not anybody calls', async (t) => {
  const parts = await camunda(t)
  const { log } = await mounted(t, { '/camunda': await settingsFor(parts) })
  await until(() => /token/.test(log()), 'the log tells of a token')
  t.equal(parts.idp.requests.length, 1)
  t.notMatch(log(), /token-1/)
})
