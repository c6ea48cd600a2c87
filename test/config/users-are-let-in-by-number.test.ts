import t from 'tap'
import { complaint, faulty, load } from '../helpers/settings.ts'

const VARIABLE = 'CAMUNDA_PROXY_ALLOWED_UIDS'
const skip = process.platform !== 'linux' && 'needs Linux'
const own = process.geteuid?.() ?? 0

/** As if on another system, until the test ends. */
function pretend(t: { teardown(restore: () => void): void }, platform: string): void {
  const real = Object.getOwnPropertyDescriptor(process, 'platform') ?? {}
  Object.defineProperty(process, 'platform', { ...real, value: platform })
  t.teardown(() => Object.defineProperty(process, 'platform', real))
}

t.test('nobody is asked unless it is set', async (t) => {
  t.equal((await load()).settings.allowedUids, undefined)
})

t.test('numbers and self, from each place', { skip }, async (t) => {
  const uids = async (env: Record<string, string>, args: string[] = []) =>
    [...((await load(env, args)).settings.allowedUids ?? [])].sort((a, b) => a - b)
  t.strictSame(await uids({ [VARIABLE]: '70001, 70000,70001' }), [70_000, 70_001])
  t.strictSame(await uids({ [VARIABLE]: 'self' }), [own])
  t.strictSame(await uids({}, ['--allowed-uids', '0']), [0])
  const file = `${t.testdir({ 'c.yaml': 'allowedUids: [70000, self, "70001"]' })}/c.yaml`
  t.strictSame(await uids({}, ['--config', file]), [own, 70_000, 70_001])
})

t.test('what is no user id is refused, and so is a list of nobody', { skip }, async (t) => {
  for (const odd of [
    '-1',
    'root',
    '1.5',
    '0x10',
    '1000 1001',
    'SELF',
    ',',
    '99999999999',
    `${'1000,'.repeat(2)}x`,
  ])
    t.strictSame(await faulty({ [VARIABLE]: odd }), ['allowedUids'], odd)
  for (const [i, yaml] of ['[]', '[4294967295]', '[-1]', '[1.5]', '1000', '{a: 1}'].entries()) {
    const folder = t.testdir({ [`${i}.yaml`]: `allowedUids: ${yaml}` })
    t.strictSame(await faulty({}, ['--config', `${folder}/${i}.yaml`]), ['allowedUids'], yaml)
  }
})

t.test('a limit that could not hold is refused', async (t) => {
  const socket = await complaint({ [VARIABLE]: 'self', CAMUNDA_PROXY_SOCKET: '/run/p.sock' })
  if (process.platform === 'linux')
    t.match(socket, /allowedUids \(.*\): expected to be left out: only the owner/)
  pretend(t, 'darwin')
  t.match(await complaint({ [VARIABLE]: 'self' }), /allowedUids \(.*\): expected Linux: on other systems/)
})
