import { buildApp, loadSettings } from 'camunda-auth-proxy'
import { pino } from 'pino'

// What the program reads, too: its flags, the environment, and the file that either of them names.
const { settings } = await loadSettings([], process.env)
const app = await buildApp(settings, { logger: pino({ level: 'warn' }) })
app.start()
const url = await app.gateway.listen({ host: '127.0.0.1', port: 0 })

const answer = await fetch(`${url}/v2/topology`)
process.stdout.write(`${answer.status} ${await answer.text()}\n`)

await app.close()
