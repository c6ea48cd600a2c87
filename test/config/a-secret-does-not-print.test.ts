import { writeFileSync } from 'node:fs'
import { format, inspect } from 'node:util'
import t from 'tap'
import { Secret, scrub } from '../../src/config/secrets.ts'

t.test('wherever it ends up', async (t) => {
  const secret = Secret.ofValue('hunter2')
  const printed = [
    `${secret}`,
    `a${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 9, showHidden: true }),
    format('%s %o %j', secret, secret, secret),
    String(Object.entries(secret)),
  ]
  for (const text of printed) t.notMatch(text, 'hunter2')
  t.equal(await secret.read(), 'hunter2')
  t.notMatch(await secret.fingerprint(), 'hunter2')
})

t.test('a file is read anew each time, and its fingerprint follows', async (t) => {
  const path = `${t.testdir({ secret: 'one\n' })}/secret`
  const secret = Secret.ofFile(path)
  const before = await secret.fingerprint()
  t.equal(await secret.read(), 'one')
  writeFileSync(path, 'two')
  t.equal(await secret.read(), 'two')
  t.not(await secret.fingerprint(), before)
  writeFileSync(path, '')
  await t.rejects(secret.read(), /is empty/)
})

t.test('what others wrote is scrubbed of it, encoded or not', async (t) => {
  const secret = 'a b&c/d+e'
  const echo = `plain ${secret}, ${encodeURIComponent(secret)} and ${new URLSearchParams({ s: secret })}`
  t.equal(scrub(echo, [secret, '']), 'plain [redacted], [redacted] and s=[redacted]')
  t.equal(
    scrub('a%20b%26c%2fd%2be or a+b%26c%2fd%2be', [secret]),
    '[redacted] or [redacted]',
    'in lower case too',
  )
})
