import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { token } from '../../src/commands/token.ts'
import { wait } from '../../src/commands/wait.ts'
import { json } from '../helpers/fake-idp.ts'
import { setUp } from '../helpers/proxy.ts'
import { runCommand } from '../helpers/run-command.ts'

/** The settings of a proxy that shares its token over a socket. */
function sharing(t: Test) {
  // A socket's path must be short.
  const folder = mkdtempSync(join(tmpdir(), 'share-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return { CAMUNDA_PROXY_ADMIN_SOCKET: join(folder, 'admin.sock'), CAMUNDA_PROXY_SHARE_TOKEN: 'true' }
}

t.test('over the socket, which is the owner’s alone: the same token, and no further request', async (t) => {
  const env = sharing(t)
  const { proxy, idp } = await setUp(t, { env })
  t.equal(proxy.adminUrl, `unix:${env.CAMUNDA_PROXY_ADMIN_SOCKET}`)
  t.equal(statSync(env.CAMUNDA_PROXY_ADMIN_SOCKET).mode & 0o777, 0o600)
  t.strictSame(await runCommand(token, [], env), { code: 0, stdout: 'token-1\n', stderr: '' })
  t.equal((await runCommand(token, ['--header'], env)).stdout, 'Authorization: Bearer token-1\n')
  t.equal((await runCommand(token, ['--cluster', 'default'], env)).stdout, 'token-1\n')
  t.equal(idp.requests.length, 1)
  t.match(proxy.log(), 'gave the credential to a process that asked')
  t.notMatch(proxy.log(), 'token-1')
  await t.rejects(runCommand(token, ['--cluster', 'x'], env), { message: /no cluster of that name/ })
  t.equal((await runCommand(wait, ['--timeout', '0'], env)).code, 0, 'and wait finds it there')
})

t.test('a proxy that has none says why, and is not gone round', async (t) => {
  const env = sharing(t)
  const { idp } = await setUp(t, {
    env,
    idp: (_request, response) => json(response, 401, { error: 'invalid_client' }),
  })
  await t.rejects(runCommand(token, [], env), {
    message: /^the running proxy gives no token: .*invalid_client/,
  })
  t.equal(idp.requests.length, 1)
})

t.test('where it is not allowed, or nobody is there, one is got', async (t) => {
  const { proxy, idp, cluster } = await setUp(t)
  const own = {
    CAMUNDA_REST_ADDRESS: cluster.url,
    CAMUNDA_OAUTH_URL: idp.tokenUrl,
    CAMUNDA_CLIENT_ID: 'test-client',
    CAMUNDA_CLIENT_SECRET: 'any',
    CAMUNDA_PROXY_STATE_FILE: 'off',
    CAMUNDA_PROXY_ADMIN_PORT: new URL(proxy.adminUrl).port,
  }
  t.equal((await runCommand(token, [], own)).stdout, 'token-2\n')
  const asking = { ...own, CAMUNDA_PROXY_SHARE_TOKEN: 'true' }
  t.equal((await runCommand(token, [], asking)).stdout, 'token-3\n', 'the proxy runs without the setting')
  const nobody = { ...own, ...sharing(t) }
  t.equal((await runCommand(token, [], nobody)).stdout, 'token-4\n')
})
