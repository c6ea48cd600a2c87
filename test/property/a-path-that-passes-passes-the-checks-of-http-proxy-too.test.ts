// The proxy forwards ahead of @fastify/http-proxy's own handler, and so of its checks: nothing may pass that they refuse.
import httpProxy from '@fastify/http-proxy'
import fc from 'fast-check'
import { type FastifyRequest, fastify } from 'fastify'
import t from 'tap'
import { checkTarget } from '../../src/gateway/scope.ts'
import { targets } from '../helpers/targets.ts'

const unchecked = '/v2/../x'

t.test('whatever a target is made of', async (t) => {
  let rewritten = ''
  // As the router is given it: no client could be made to send some of them.
  const app = fastify({ rewriteUrl: () => rewritten })
  t.teardown(() => app.close())
  await app.register(httpProxy, {
    upstream: 'http://upstream.invalid',
    prefix: '/forwarded',
    rewritePrefix: '/',
    handler: (_request: FastifyRequest, reply) => reply.send('passed'),
  })
  const status = async (url: string) => {
    rewritten = `/forwarded${url}`
    return (await app.inject('/')).statusCode
  }
  t.equal(await status('/v2/topology'), 200)
  let passed = 0
  await fc.assert(
    fc.asyncProperty(targets, async (raw) => {
      const result = checkTarget(raw)
      if (!('url' in result)) return
      passed++
      if ((await status(result.url)) !== 200) throw new Error(`${result.url} is refused there`)
    }),
    { numRuns: 5_000 },
  )
  t.ok(passed > 300, `${passed} passed the check`)
  t.equal(await status(unchecked), 400, 'as it would be if it were checked there only')
})
