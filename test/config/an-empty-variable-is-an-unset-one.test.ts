import t from 'tap'
import { environmentNames } from '../../src/config/camunda-env.ts'
import { loadSettings } from '../../src/config/load.ts'
import { settingNames } from '../../src/config/schema.ts'
import { ENOUGH, faulty, inForce, load, oauthOf } from '../helpers/settings.ts'

const NAMES = [...settingNames.flatMap(environmentNames), 'CAMUNDA_PROXY_CONFIG']

t.test('every variable there is, in the environment and in a file', async (t) => {
  const without = await loadSettings([], ENOUGH)
  const empty = Object.fromEntries(NAMES.map((name) => [name, '']))
  t.strictSame((await loadSettings([], { ...empty, ...ENOUGH })).effective, without.effective)
  const path = `${t.testdir({ 'empty.env': NAMES.map((name) => `${name}=\nexport ${name}=''\n`).join('') })}/empty.env`
  t.strictSame((await loadSettings(['--env-file', path], ENOUGH)).effective, without.effective)
})

t.test('the next name, the next file and the default take its place', async (t) => {
  const folder = t.testdir({ 'a.env': 'CAMUNDA_PROXY_PORT=7', 'b.env': 'CAMUNDA_PROXY_PORT=' })
  const files = ['--env-file', `${folder}/a.env`, '--env-file', `${folder}/b.env`]
  t.equal(inForce(await load({ CAMUNDA_PROXY_PORT: '' }, files), 'port')?.value, 7)
  t.equal(inForce(await load({ CAMUNDA_PROXY_PORT: '' }), 'port')?.value, 8080)
  const loaded = await load({ CAMUNDA_CLIENT_ID: '', ZEEBE_CLIENT_ID: 'older' })
  t.equal(oauthOf(loaded.settings).clientId, 'older')
})

t.test('a misspelt one is nothing to warn of; a flag that is empty is wrong', async (t) => {
  t.strictSame((await load({ CAMUNDA_PROXY_PROT: '' })).warnings, [])
  t.strictSame(await faulty({}, ['--port=']), ['port'])
  t.strictSame(await faulty({}, ['--client-id', '']), ['clientId'])
})
