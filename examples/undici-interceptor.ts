import { camundaAuth } from 'camunda-auth-proxy/undici'
import { Agent, request } from 'undici'

const env = (name: string) => process.env[name] ?? ''
const agent = new Agent().compose(
  camundaAuth({
    clusterUrl: env('CAMUNDA_REST_ADDRESS'),
    tokenUrl: env('CAMUNDA_OAUTH_URL'),
    clientId: env('CAMUNDA_CLIENT_ID'),
    clientSecret: env('CAMUNDA_CLIENT_SECRET'),
  }),
)

const answer = await request(`${env('CAMUNDA_REST_ADDRESS')}/v2/topology`, { dispatcher: agent })
process.stdout.write(`${answer.statusCode} ${await answer.body.text()}\n`)
