import t from 'tap'
import { complaint, load } from '../helpers/settings.ts'

const CANARY = 'canary-5d1c'

t.test('a secret as a flag is refused with the cure', async (t) => {
  const cures: [string, string][] = [
    ['--client-secret', 'use CAMUNDA_CLIENT_SECRET or --client-secret-file'],
    ['--caller-token', 'use CAMUNDA_PROXY_CALLER_TOKEN or --caller-token-file'],
  ]
  for (const [flag, cure] of cures) {
    const line = `${flag} (command line): expected no secret on the command line, where process lists show it: ${cure}`
    for (const args of [[flag, CANARY], [`${flag}=${CANARY}`], [flag]]) {
      t.equal(await complaint({}, args), line, args.join(' '))
    }
  }
})

t.test('a value that stands where it should not', async (t) => {
  const mistakes = [
    ['--sekret', CANARY],
    [`--sekret=${CANARY}`],
    ['-s', CANARY],
    ['--sekret', CANARY, CANARY],
    [CANARY],
    ['--', CANARY],
    ['--allow-remote', CANARY],
    [`--allow-remote=${CANARY}`],
    ['--port', CANARY],
    ['--log-level', CANARY],
    ['--rest-address', `https://user:${CANARY}@cluster.example`],
    ['--rest-address', `https://cluster.example/?token=${CANARY}`],
    ['--rest-address', `ftp://user:${CANARY}@cluster.example`],
    ['--oauth-url', `https://user:${CANARY}@idp.example/token`],
    ['--oauth-url', `http://user:${CANARY}@idp.example/token`],
    ['--oauth-url', `http://idp.example/token?key=${CANARY}`],
  ]
  for (const args of mistakes) {
    const text = await complaint({}, args)
    t.not(text, '', args.join(' '))
    t.notMatch(text, CANARY, args.join(' '))
  }
})

t.test('a file that is broken, or holds a secret in the wrong shape', async (t) => {
  const files = [
    `clientSecret: "${CANARY}\n - x`,
    `clientSecret: ${CANARY}: x`,
    `clientSecret: %${CANARY}`,
    `clientSecret: *${CANARY}`,
    `clientSecret: [${CANARY}]`,
    `clientSecret: {a: ${CANARY}}`,
    `clientSecret ${CANARY}`,
    `- ${CANARY}`,
    `{"clientSecret": "${CANARY}",,}`,
    `{"clientSecret": "${CANARY}"`,
    `clientSecret: ${CANARY}\nclientSecret: ${CANARY}`,
    `clientSekret: ${CANARY}`,
    `clientSecret: ${CANARY}\nclientSecretFile: /no/such/file`,
    `callerToken: [${CANARY}]`,
    `export ZEEBE_CLIENT_SECRET='${CANARY}'`,
  ]
  for (const text of files) {
    const path = `${t.testdir({ 'settings.yaml': text })}/settings.yaml`
    const said = await complaint({ CAMUNDA_CLIENT_SECRET: '' }, ['--config', path])
    t.not(said, '', text)
    t.notMatch(said, CANARY, text)
  }
})

t.test('secrets that are in order, beside something that is not', async (t) => {
  const folder = t.testdir({ secret: CANARY })
  const ways: Record<string, string>[] = [
    { CAMUNDA_CLIENT_SECRET: CANARY },
    { CAMUNDA_CLIENT_SECRET: '', CAMUNDA_CLIENT_SECRET_FILE: `${folder}/secret` },
    { CAMUNDA_CLIENT_SECRET: CANARY, CAMUNDA_CLIENT_SECRET_FILE: `${folder}/secret` },
    { CAMUNDA_PROXY_CALLER_TOKEN: CANARY, CAMUNDA_PROXY_CALLER_TOKEN_FILE: `${folder}/secret` },
    { CAMUNDA_PROXY_CALLER_TOKN: CANARY },
  ]
  for (const env of ways) {
    const text = await complaint({ ...env, CAMUNDA_PROXY_PORT: 'x' })
    t.match(text, 'port (environment variable CAMUNDA_PROXY_PORT)')
    t.notMatch(text, CANARY)
  }
  const loaded = await load({ CAMUNDA_CLIENT_SECRET: CANARY, CAMUNDA_PROXY_CALLER_TOKN: CANARY })
  t.notMatch(JSON.stringify(loaded), CANARY, 'nor when all is well')
})
