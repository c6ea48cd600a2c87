import { camundaAuthProxy, loadSettings } from 'camunda-auth-proxy/fastify'
import { fastify } from 'fastify'

const { settings } = await loadSettings([], process.env)
const server = fastify()
server.post('/greet', (request) => ({ hello: request.body }))
await server.register(camundaAuthProxy, { settings, prefix: '/camunda' })
const url = await server.listen({ host: '127.0.0.1', port: 0 })

const answer = await fetch(`${url}/camunda/v2/topology`)
process.stdout.write(`${answer.status} ${await answer.text()}\n`)

await server.close()
