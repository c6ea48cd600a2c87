import { writeFileSync } from 'node:fs'
import { format, inspect } from 'node:util'
import t from 'tap'
import { Secret, scrub } from '../../src/config/secrets.ts'
import { load } from '../helpers/settings.ts'

t.test('wherever it ends up, it says that something was left out', async (t) => {
  const path = `${t.testdir({ secret: 'hunter2' })}/secret`
  for (const secret of [Secret.ofValue('hunter2'), Secret.ofFile(path)]) {
    t.equal(await secret.read(), 'hunter2')
    const printed = [
      `${secret}`,
      String(secret),
      // biome-ignore lint/style/useTemplate: what a hasty message does
      'a ' + secret,
      ['a', secret].join(),
      JSON.stringify(secret),
      JSON.stringify({ nested: [{ secret }] }),
      inspect(secret),
      inspect({ nested: [{ secret }] }, { depth: 9, showHidden: true }),
      inspect(secret, { customInspect: true, depth: 9, showHidden: true, getters: true }),
      format('%s', secret),
      format('%o', secret),
      format('%O', secret),
      format('%j', secret),
      new Error(`failed with ${secret}`).message,
    ]
    for (const [index, text] of printed.entries()) {
      t.match(text, '[redacted]', `${index}`)
      t.notMatch(text, 'hunter2', `${index}`)
    }
    const raw = [
      inspect(secret, { customInspect: false, showHidden: true, depth: 9 }),
      JSON.stringify(Object.entries(secret)),
      JSON.stringify({ ...secret }),
      JSON.stringify(Object.getOwnPropertyDescriptors(secret)),
      secret.origin,
      await secret.fingerprint(),
    ]
    for (const [index, text] of raw.entries()) t.notMatch(text, 'hunter2', `${index}`)
  }
})

t.test('nor do whole settings', async (t) => {
  const loaded = await load({ CAMUNDA_CLIENT_SECRET: 'hunter2', CAMUNDA_PROXY_CALLER_TOKEN: 'hunter3' })
  for (const text of [inspect(loaded, { depth: 9, showHidden: true }), JSON.stringify(loaded)]) {
    t.notMatch(text, /hunter/)
    t.match(text, '[redacted]')
  }
})

t.test('a file is read anew each time, and its fingerprint follows', async (t) => {
  const path = `${t.testdir({ secret: 'one\n' })}/secret`
  const secret = Secret.ofFile(path)
  t.equal(secret.origin, `file ${path}`)
  const before = await secret.fingerprint()
  t.equal(await secret.read(), 'one')
  t.equal(await secret.fingerprint(), before, 'the same value has the same')
  writeFileSync(path, 'one')
  t.equal(await secret.fingerprint(), before, 'a line break does not count')
  writeFileSync(path, 'two')
  t.equal(await secret.read(), 'two')
  t.not(await secret.fingerprint(), before)
  writeFileSync(path, '\n')
  await t.rejects(secret.read(), { message: `file ${path} is empty` })
  await t.rejects(secret.fingerprint(), { message: `file ${path} is empty` })
  await t.rejects(Secret.ofFile(`${path}-gone`).read(), { code: 'ENOENT' })
})

t.test('what others wrote is scrubbed of it, however it is encoded', async (t) => {
  const secret = 'a b&c/d+e'
  const scrubbed: [string, string[], string][] = [
    [`plain ${secret} twice ${secret}`, [secret], 'plain [redacted] twice [redacted]'],
    [`component ${encodeURIComponent(secret)}`, [secret], 'component [redacted]'],
    [`form ${new URLSearchParams({ s: secret })}`, [secret], 'form s=[redacted]'],
    ['a%20b%26c%2fd%2be or a+b%26c%2fd%2be', [secret], '[redacted] or [redacted]'],
    ['one and two', ['one', 'two'], '[redacted] and [redacted]'],
    ['$& and $1', ['$&'], '[redacted] and $1'],
    ['(.*)', ['.*'], '([redacted])'],
    ['nothing of it', [secret], 'nothing of it'],
    ['no secret', [], 'no secret'],
    ['an empty one', [''], 'an empty one'],
  ]
  for (const [text, secrets, clean] of scrubbed) t.equal(scrub(text, secrets), clean, text)
})
