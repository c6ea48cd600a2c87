import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { text } from 'node:stream/consumers'
import { fastify } from 'fastify'
import t from 'tap'
import { request } from 'undici'
import { camundaAuthProxy } from '../../src/fastify.ts'
import { camunda, settingsFor } from '../helpers/library.ts'
import { mounted } from '../helpers/mounted.ts'

t.test('foreign hosts and pages, unsafe paths and heads that are read in two ways', async (t) => {
  const parts = await camunda(t)
  const { url, log } = await mounted(t, { '/camunda': await settingsFor(parts) })
  const port = Number(new URL(url).port)
  const answerTo = (head: string) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(`${head}\r\nconnection: close\r\n\r\n`)
    return text(socket)
  }
  const refused: [head: string, problem: string][] = [
    ['GET /camunda/v2/topology HTTP/1.1\r\nhost: evil.example', 'host-not-allowed'],
    [
      'GET /camunda/v2/topology HTTP/1.1\r\nhost: localhost\r\norigin: https://evil.example',
      'origin-not-allowed',
    ],
    [
      'GET /camunda/v2/topology HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: cross-site',
      'origin-not-allowed',
    ],
    ['GET /camunda/v2/../v1/x HTTP/1.1\r\nhost: localhost', 'bad-path'],
    ['GET /camunda/v2/%2e%2e/x HTTP/1.1\r\nhost: localhost', 'bad-path'],
    ['GET /%63amunda/v2/x HTTP/1.1\r\nhost: localhost', 'bad-path'],
    ['POST /camunda/v2/x HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: gzip, chunked', 'bad-request'],
  ]
  for (const [head, problem] of refused)
    t.match(await answerTo(head), `urn:camunda-auth-proxy:problem:${problem}"`, head)
  t.equal(parts.cluster.begun(), 0)
  t.match(log(), /"problem":"host-not-allowed"/, 'as its own log says')
})

t.test('callers without the token that the settings ask for', async (t) => {
  const parts = await camunda(t)
  const { url } = await mounted(t, {
    '': await settingsFor(parts, { CAMUNDA_PROXY_CALLER_TOKEN: 'canary-caller-token-1' }),
  })
  const without = await request(`${url}/v2/topology`)
  t.equal(without.statusCode, 401)
  const headers = { 'x-camunda-proxy-token': 'canary-caller-token-1' }
  t.equal((await request(`${url}/v2/topology`, { headers })).statusCode, 200)
  t.equal(parts.cluster.seen[0]?.headers['x-camunda-proxy-token'], undefined)
})

t.test('callers from beyond this machine, unless the settings say who may call', async (t) => {
  const address = Object.values(networkInterfaces())
    .flat()
    .find((found) => found?.family === 'IPv4' && !found.internal)?.address
  if (address === undefined) return t.comment('this machine has no address but its own')
  const parts = await camunda(t)
  const token = 'canary-caller-token-1'
  for (const [env, status] of [
    [{}, 401],
    [{ CAMUNDA_PROXY_CALLER_TOKEN: token }, 200],
  ] as const) {
    const app = fastify()
    t.teardown(() => app.close())
    await app.register(camundaAuthProxy, { settings: await settingsFor(parts, env) })
    await app.listen({ port: 0, host: '0.0.0.0' })
    const { port } = app.server.address() as { port: number }
    const headers = { host: 'localhost', 'x-camunda-proxy-token': token }
    t.equal((await request(`http://${address}:${port}/v2/topology`, { headers })).statusCode, status)
  }
})

t.test('settings that only a listener of the proxy can keep are refused', async (t) => {
  const parts = await camunda(t)
  const settings = await settingsFor(parts)
  const ofUsers = await settingsFor(parts, { CAMUNDA_PROXY_ALLOWED_UIDS: 'self' })
  const refused: [setting: string, register: () => PromiseLike<unknown>][] = [
    ['allowedUids', () => fastify().register(camundaAuthProxy, { settings: ofUsers })],
    ['prefix', () => fastify().register(camundaAuthProxy, { settings, prefix: '/:tenant' })],
    ['http2', () => fastify({ http2: true }).register(camundaAuthProxy, { settings })],
  ]
  for (const [setting, register] of refused)
    await t.rejects(async () => await register(), { name: 'SettingsError', faults: [{ setting }] }, setting)
})

t.test('whom a hook of the server refuses', async (t) => {
  const parts = await camunda(t)
  const app = fastify()
  t.teardown(() => app.close())
  app.addHook('preHandler', async (_request, reply) => reply.code(403).send('not you'))
  await app.register(camundaAuthProxy, { settings: await settingsFor(parts) })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  t.equal((await request(`${url}/v2/topology`)).statusCode, 403)
  t.equal(parts.cluster.begun(), 0)
})
