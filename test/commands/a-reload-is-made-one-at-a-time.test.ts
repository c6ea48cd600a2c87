import { rmSync, writeFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import t from 'tap'
import { Reloader } from '../../src/commands/reloader.ts'
import { watchFiles } from '../../src/commands/watch-files.ts'
import { makeLogger } from '../../src/log.ts'
import { ReloadError } from '../../src/succession.ts'
import { fileIn } from '../helpers/proxy.ts'
import { load } from '../helpers/settings.ts'
import { until } from '../helpers/until.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

/** A reloader whose settings are held up until they are let go on. */
async function lab(outcomes: (Error | undefined)[] = []) {
  const loaded = await load()
  const clock = new VirtualClock()
  const held: (() => void)[] = []
  const hooks: string[] = []
  let log = ''
  const destination = new Writable({
    write(chunk, _encoding, done) {
      log += String(chunk)
      done()
    },
  })
  const reloader = new Reloader({
    loaded,
    load: () => load({ CAMUNDA_TOKEN_AUDIENCE: 'another', CAMUNDA_CLIENT_SECRET: 'canary-new' }),
    async apply() {
      await new Promise<void>((resolve) => held.push(resolve))
      const error = outcomes.shift()
      if (error !== undefined) throw error
    },
    logger: makeLogger('info', destination),
    clock,
    async around(make) {
      hooks.push('reloading')
      await make()
      hooks.push('reloaded')
    },
  })
  const letGo = async () => {
    await until(() => held.length > 0, 'the settings are applied')
    held.shift()?.()
  }
  return { reloader, clock, held, hooks, letGo, log: () => log }
}

t.test('asked three times during one, there is one more', async (t) => {
  const { reloader, held, hooks, letGo, log } = await lab()
  const all = [1, 2, 3, 4].map((i) => reloader.request(`reason ${i}`))
  await letGo()
  t.equal(held.length, 0)
  await letGo()
  await Promise.all(all)
  t.strictSame(hooks, ['reloading', 'reloaded', 'reloading', 'reloaded'])
  t.match(reloader.status(), { ok: true, faults: [], counts: { ok: 2, refused: 0 } })
  t.match(log(), 'settings reloaded: clientSecret, tokenAudience changed')
  t.match(log(), 'settings reloaded: no setting has changed')
  t.notMatch(log(), 'canary-new')
  reloader.end()
  await reloader.request('too late')
  t.equal(hooks.length, 4)
})

t.test('what may be different in a moment is tried again, other things are not', async (t) => {
  const { reloader, clock, letGo } = await lab([
    new ReloadError('nobody there', true),
    new ReloadError('no', false),
  ])
  const first = reloader.request('first')
  await letGo()
  await first
  t.match(reloader.status(), { ok: false, faults: ['nobody there'], counts: { ok: 0, refused: 1 } })
  t.equal(clock.pendingTimers, 1)
  await clock.advance(30_000)
  await letGo()
  await until(() => reloader.status().counts.refused === 2, 'it is refused')
  t.equal(clock.pendingTimers, 0)
})

t.test('a file is read again when it holds something else, and is left alone for a while', async (t) => {
  const path = fileIn(t, 'settings.yaml', 'a: 1')
  const clock = new VirtualClock()
  const texts = new Map<string, string | undefined>([[path, 'a: 1']])
  let changes = 0
  const end = watchFiles({ texts: () => texts, onChange: () => changes++, clock })
  const look = async () => {
    await clock.advance(2_000)
    await until(() => clock.pendingTimers === 1, 'it has looked')
  }
  for (let i = 0; i < 3; i++) await look()
  t.equal(changes, 0)
  writeFileSync(path, 'a: 22')
  await look()
  t.equal(changes, 0, 'it may be half written')
  await look()
  t.equal(changes, 1)
  texts.set(path, 'a: 22')
  for (let i = 0; i < 3; i++) await look()
  t.equal(changes, 1)
  rmSync(path)
  for (let i = 0; i < 2; i++) await look()
  t.equal(changes, 2)
  end()
  t.equal(clock.pendingTimers, 0)
})
