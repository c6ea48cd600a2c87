import t from 'tap'
import { banner, startReport } from '../../src/commands/banner.ts'
import { load } from '../helpers/settings.ts'

const TOKEN = { CAMUNDA_PROXY_CALLER_TOKEN: 'canary-caller-token' }

t.test('for a person: one line each', async (t) => {
  const { settings } = await load({ CAMUNDA_REST_ADDRESS: 'https://cluster.example/1234/v2/' })
  const text = banner(startReport(settings, 'http://127.0.0.1:8080', 'http://127.0.0.1:9601'))
  t.strictSame(text.split('\n'), [
    '',
    '  listening           http://127.0.0.1:8080',
    '  admin               http://127.0.0.1:9601',
    '  cluster             https://cluster.example/1234',
    '  authentication      OAUTH',
    '  identity provider   https://login.cloud.camunda.io/oauth/token',
    '  client id           id',
    '  audience            zeebe.camunda.io',
    '  try it              curl http://127.0.0.1:8080/v2/topology',
    '  point a tool at it  its base URL is the address above, its authentication is "none"',
    '',
    '',
  ])
})

t.test('what is not there is not mentioned', async (t) => {
  const { settings } = await load({ CAMUNDA_OAUTH_URL: 'https://idp.example/token' })
  const text = banner(startReport(settings, 'http://127.0.0.1:8080', undefined))
  t.notMatch(text, /admin|audience|undefined/)
})

t.test('a line to try it that works from this machine, without the caller token itself', async (t) => {
  const header = "-H 'X-Camunda-Proxy-Token: …'"
  const lines: [Record<string, string>, string, string][] = [
    [{}, 'http://127.0.0.1:8080', 'curl http://127.0.0.1:8080/v2/topology'],
    [{}, 'http://localhost:1', 'curl http://localhost:1/v2/topology'],
    [{}, 'unix:/run/p.sock', 'curl --unix-socket /run/p.sock http://localhost/v2/topology'],
    [TOKEN, 'http://0.0.0.0:8080', `curl ${header} http://127.0.0.1:8080/v2/topology`],
    [TOKEN, 'http://[::]:8080', `curl ${header} http://127.0.0.1:8080/v2/topology`],
    [TOKEN, 'unix:/p', `curl ${header} --unix-socket /p http://localhost/v2/topology`],
  ]
  for (const [env, listening, expected] of lines) {
    const report = startReport((await load(env)).settings, listening, undefined)
    t.equal(report.tryIt, expected)
    t.notMatch(JSON.stringify(report) + banner(report), 'canary')
  }
})
