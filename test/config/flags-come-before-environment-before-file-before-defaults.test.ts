import t from 'tap'
import { inForce, load } from '../helpers/settings.ts'

t.test('each layer wins over those below it, and each value knows where it came from', async (t) => {
  const folder = t.testdir({
    'settings.yaml': 'port: 1001\nlogLevel: error\naccessLog: all\nmaxReplayBytes: 5\nallowedHosts: [a, b]\n',
    'settings.json': '{"port": 1009}',
    'console.env': 'CAMUNDA_PROXY_PORT=1002\nCAMUNDA_PROXY_LOG_LEVEL=warn\nCAMUNDA_PROXY_ACCESS_LOG=off\n',
  })
  const file = `${folder}/settings.yaml`
  const envFile = `${folder}/console.env`
  const env = { CAMUNDA_PROXY_PORT: '1003', CAMUNDA_PROXY_LOG_LEVEL: 'debug' }
  const loaded = await load(env, ['--config', file, '--env-file', envFile, '--port', '1004'])
  t.same(inForce(loaded, 'port'), { value: 1004, source: 'flag --port' })
  t.same(inForce(loaded, 'logLevel'), {
    value: 'debug',
    source: 'environment variable CAMUNDA_PROXY_LOG_LEVEL',
  })
  t.same(inForce(loaded, 'accessLog'), { value: 'off', source: `${envFile}, CAMUNDA_PROXY_ACCESS_LOG` })
  t.same(inForce(loaded, 'maxReplayBytes'), { value: 5, source: file })
  t.same(inForce(loaded, 'allowedHosts'), { value: ['a', 'b'], source: file })
  t.same(inForce(loaded, 'host'), { value: '127.0.0.1', source: 'default' })
  t.same(inForce(await load({ CAMUNDA_PROXY_CONFIG: `${folder}/settings.json` }), 'port'), {
    value: 1009,
    source: `${folder}/settings.json`,
  })
})

t.test('an empty variable is an unset one', async (t) => {
  const loaded = await load({ CAMUNDA_PROXY_PORT: '', CAMUNDA_OAUTH_URL: '' })
  t.equal(inForce(loaded, 'port')?.value, 8080)
  t.equal(loaded.settings.oauth.tokenUrl.href, 'https://login.cloud.camunda.io/oauth/token')
})

t.test('values are read as what the setting is', async (t) => {
  const env = {
    CAMUNDA_PROXY_ALLOWED_HOSTS: ' a , b,, ',
    CAMUNDA_PROXY_ALLOW_REMOTE: 'TRUE',
    CAMUNDA_PROXY_LOG_LEVEL: 'WARN',
    CAMUNDA_PROXY_ADMIN_PORT: 'off',
  }
  const { settings } = await load(env)
  t.same(settings.allowedHosts, ['a', 'b'])
  t.equal(settings.logLevel, 'warn')
  t.equal(settings.admin, undefined)
  t.equal(inForce(await load({}, ['--allow-remote']), 'allowRemote')?.value, true)
  t.equal(inForce(await load({ CAMUNDA_PROXY_ALLOW_REMOTE: '0' }), 'allowRemote')?.value, false)
})
