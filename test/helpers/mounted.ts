import { Writable } from 'node:stream'
import { type FastifyInstance, fastify } from 'fastify'
import type { Test } from 'tap'
import type { Settings } from '../../src/config/settings.ts'
import { camundaAuthProxy } from '../../src/fastify.ts'

export interface Mounted {
  app: FastifyInstance
  url: string
  log(): string
}

/** Somebody's own server, with the proxy below each of these prefixes and a route that reads JSON. */
export async function mounted(t: Test, parts: Record<string, Settings>): Promise<Mounted> {
  let log = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      log += String(chunk)
      done()
    },
  })
  const app = fastify({ logger: { stream } })
  t.teardown(() => app.close())
  for (const [prefix, settings] of Object.entries(parts))
    await app.register(camundaAuthProxy, { settings, prefix })
  app.post('/own', (request) => ({ body: request.body }))
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, url, log: () => log }
}
