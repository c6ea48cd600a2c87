import t from 'tap'
import { loadSettings } from '../../src/config/load.ts'
import { checkPassed, PASSED, passedLayer } from '../../src/gateway/passed-sockets.ts'
import { ENOUGH } from '../helpers/settings.ts'

const NONE = { gateway: undefined, admin: undefined }
const refusal = (setting: string) => ({ message: new RegExp(`^${setting} \\(${PASSED}\\): expected `) })
const at = (host: string, port = 80) => ({ place: { host, port } })
const load = (passed: Parameters<typeof passedLayer>[0], env: Record<string, string> = {}) =>
  loadSettings([], { ...ENOUGH, ...env }, undefined, passedLayer(passed))

t.test('where it listens counts, and not what is set', async (t) => {
  const { settings } = await load(
    { gateway: at('127.0.0.2'), admin: at('::1', 81) },
    { CAMUNDA_PROXY_PORT: '9' },
  )
  t.strictSame(settings.listen, { host: '127.0.0.2', port: 80 })
  t.strictSame(settings.admin, { host: '::1', port: 81 })
})

t.test('beyond loopback, callers have to be known', async (t) => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1'])
    await t.rejects(load({ ...NONE, gateway: at(host) }), refusal('host'))
  const token = { CAMUNDA_PROXY_CALLER_TOKEN: 'a-long-random-text' }
  t.strictSame((await load({ ...NONE, gateway: at('0.0.0.0') }, token)).settings.listen, {
    host: '0.0.0.0',
    port: 80,
  })
})

t.test('what cannot be together is refused', async (t) => {
  const one = { listen: { host: '127.0.0.1', port: 80 }, workers: 1 }
  const gateway = at('127.0.0.1')
  t.throws(() => checkPassed({ ...NONE, gateway }, { ...one, workers: 2 }), refusal('workers'))
  t.throws(() => checkPassed({ ...NONE, gateway }, { ...one, listen: { socket: '/s' } }), refusal('socket'))
  t.throws(() => checkPassed({ ...NONE, admin: { place: { socket: '/s' } } }, one), refusal('admin'))
  t.doesNotThrow(() => checkPassed({ ...NONE, gateway }, one))
  t.doesNotThrow(() => checkPassed(NONE, { ...one, workers: 2 }))
})
