// Runs the real program, as talkative as it can be, through every way to fail that can be provoked from outside, and
// looks for each secret in everything that it said.
import { connect } from 'node:net'
import t from 'tap'
import { clean, whole } from '../helpers/canaries.ts'
import { rawServer, streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp, type IdpAnswer, json, tokens } from '../helpers/fake-idp.ts'
import { programEnv, runProgram } from '../helpers/program.ts'
import { CLIENT_SECRET } from '../helpers/proxy.ts'
import { until } from '../helpers/until.ts'

const CALLER_TOKEN = 'canary-caller-token-55b1'
const TOKEN = 'canary-access-token'
const OF_THE_CALLER = 'canary-of-the-caller-91'
const CANARIES = [CLIENT_SECRET, CALLER_TOKEN, TOKEN, OF_THE_CALLER]

/** Each way in which an identity provider can disclose what it was told or what it meant to give. */
const badAnswers: IdpAnswer[] = [
  (r, response) =>
    json(response, 401, {
      error: 'invalid_client',
      error_description: `no such secret: ${r.form.get('client_secret')}`,
    }),
  (r, response) =>
    json(response, 400, {
      error: String(r.form.get('client_secret')),
      error_description: 'echoed as the code',
    }),
  (_r, response) => json(response, 200, { access_token: `${TOKEN}-x`, token_type: 'mac', expires_in: 300 }),
  (_r, response) =>
    json(response, 200, { access_token: `${TOKEN}-x`, token_type: 'Bearer', expires_in: 'soon' }),
  (_r, response) => json(response, 200, { access_token: `${TOKEN}\n-x`, token_type: 'Bearer' }),
  (_r, response) => json(response, 200, { access_token: { value: TOKEN }, token_type: 'Bearer' }),
  (_r, response) => json(response, 201, { access_token: TOKEN, token_type: 'Bearer' }),
  (_r, response) =>
    json(response, 200, { access_token: TOKEN, token_type: 'Bearer', scope: null, refresh_token: null }),
  (r, response) =>
    json(response, 401, {}, { 'www-authenticate': `Basic realm="${r.form.get('client_secret')}"` }),
  (r, response) =>
    response.writeHead(500, { 'content-type': 'text/html' }).end(`<h1>${r.form} ${TOKEN}</h1>`),
  (r, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(`{"access_token":"${TOKEN}","${r.form}`),
  (_r, response) => response.writeHead(302, { location: `https://idp.example/?token=${TOKEN}` }).end(),
  (_r, response) =>
    response
      .writeHead(200, { 'content-length': '500' })
      .write(`{"access_token":"${TOKEN}"`, () => response.destroy()),
]

for (const [number, bad] of badAnswers.entries()) {
  t.test(`bad answer ${number + 1} of the identity provider`, async (t) => {
    const idp = await fakeIdp(bad)
    t.teardown(() => idp.close())
    const program = runProgram(
      t,
      ['start', '--log-level', 'trace'],
      programEnv('http://127.0.0.1:9', idp.tokenUrl),
    )
    const { listening, admin } = await program.line('listening on')
    await program.line('no new token')
    const said = [
      await whole(`${listening}/v2/topology`),
      await whole(`${admin}/readyz`),
      await whole(`${admin}/status.json`),
      await whole(`${admin}/startupz`),
    ]
    program.child.kill('SIGTERM')
    await program.ended
    clean(t, [...said, program.stdout(), program.stderr()].join('\n'), CANARIES)
  })
}

t.test('failures of the cluster and of callers', async (t) => {
  const idp = await fakeIdp(tokens(300, TOKEN))
  t.teardown(() => idp.close())
  const cluster = await streamingCluster((request, response) => {
    request.resume()
    request.on('error', () => {})
    const act = request.url?.split(/[/?]/)[2] ?? ''
    if (act === 'reset') return request.socket.resetAndDestroy()
    if (act === 'half') return response.writeHead(200).write('x', () => response.destroy())
    if (act === 'garbage') return request.socket.end(`${request.headers.authorization}\r\n\r\n`)
    if (act === 'hang') return undefined
    return response.writeHead(Number(act) || 200).end()
  })
  t.teardown(() => cluster.close())
  const env = { ...programEnv(cluster.url, idp.tokenUrl), CAMUNDA_PROXY_CALLER_TOKEN: CALLER_TOKEN }
  const program = runProgram(t, ['start', '--log-level', 'trace', '--access-log', 'all'], env)
  const { listening, admin } = await program.line('listening on')
  await program.line('token acquired')
  const headers = {
    'x-camunda-proxy-token': CALLER_TOKEN,
    authorization: `Bearer ${OF_THE_CALLER}`,
    cookie: `camunda-session=${OF_THE_CALLER}`,
    'x-csrf-token': OF_THE_CALLER,
  }
  const said: string[] = []
  for (const act of ['200', '401', '403', '500', 'reset', 'half', 'garbage']) {
    said.push(
      await whole(`${listening}/v2/${act}?token=${OF_THE_CALLER}`, {
        method: 'POST',
        headers,
        body: OF_THE_CALLER,
      }),
    )
  }
  for (const path of ['/elsewhere', '/v2/%2e%2e', '/v2/x%00'])
    said.push(await whole(`${listening}${path}?t=${OF_THE_CALLER}`, { headers }))
  said.push(
    await whole(`${listening}/v2/200`, { headers: { ...headers, 'x-camunda-proxy-token': OF_THE_CALLER } }),
  )
  said.push(
    await whole(`${listening}/v2/200`, {
      headers: { ...headers, origin: `https://${OF_THE_CALLER}.example` },
    }),
  )
  said.push(await unreadable(Number(new URL(String(listening)).port)))
  const leaving = new AbortController()
  const call = fetch(`${listening}/v2/hang`, { method: 'POST', headers, signal: leaving.signal }).catch(
    () => {},
  )
  await until(() => cluster.open() > 0, 'the call is in flight')
  leaving.abort()
  await call
  for (const probe of ['startupz', 'livez', 'readyz', '', 'status.json', 'nothing'])
    said.push(await whole(`${admin}/${probe}`))
  program.child.kill('SIGTERM')
  await program.ended
  t.match(program.stdout(), '/v2/reset', 'it was talkative')
  clean(t, [...said, program.stdout(), program.stderr()].join('\n'), CANARIES)
})

t.test('settings that cannot be used, and those that are shown', async (t) => {
  const cluster = await rawServer(() => {})
  t.teardown(() => cluster.close())
  const folder = t.testdir({
    'bad.yaml': `clientSecret: "${CLIENT_SECRET}\n  - : [${CLIENT_SECRET}`,
    'odd.yaml': `clientSecret: [${CLIENT_SECRET}]\ncallerToken: {a: ${CALLER_TOKEN}}\n`,
  })
  const env: Record<string, string> = {
    ...programEnv(cluster.url, 'http://127.0.0.1:9/token'),
    CAMUNDA_PROXY_CALLER_TOKEN: CALLER_TOKEN,
  }
  const { ZEEBE_CLIENT_SECRET: _omitted, CAMUNDA_PROXY_CALLER_TOKEN: _too, ...without } = env
  for (const [args, environment] of [
    [['config'], env],
    [['config', '--port', 'x'], env],
    [
      [
        'start',
        '--client-secret',
        CLIENT_SECRET,
        `--caller-token=${CALLER_TOKEN}`,
        '--sekret',
        OF_THE_CALLER,
      ],
      env,
    ],
    [['config', '--config', `${folder}/bad.yaml`], without],
    [['config', '--config', `${folder}/odd.yaml`], without],
    [['config', '--oauth-url', `https://user:${CLIENT_SECRET}@idp.example/token`], env],
    [['config', '--rest-address', `https://user:${CLIENT_SECRET}@cluster.example`], env],
  ] as const) {
    const program = runProgram(t, args, environment)
    await program.ended
    t.ok(program.stdout() + program.stderr(), 'it said something')
    clean(t, program.stdout() + program.stderr(), CANARIES)
  }
})

function unreadable(port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET /v2/x HTTP/1.1\r\nCookie : ${OF_THE_CALLER}\r\n\r\n`),
    )
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    socket.on('close', () => resolve(text))
  })
}
