import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { failureOf, SECRET, sourceFor } from '../helpers/oauth-lab.ts'

const TOKEN_URL = 'http://127.0.0.1:9/oauth/token'

t.test('it holds neither the secret nor a spelling of it', async (t) => {
  const fingerprint = await sourceFor(t, TOKEN_URL).fingerprint()
  const spellings = (['utf8', 'base64', 'base64url', 'hex'] as const).map((spelling) =>
    Buffer.from(SECRET).toString(spelling),
  )
  for (const spelling of [...spellings, encodeURIComponent(SECRET)]) {
    t.notOk(fingerprint.includes(spelling) || spelling.includes(fingerprint), spelling)
  }
})

t.test('it stays with the secret and changes with it, and asks nobody', async (t) => {
  const file = join(t.testdir({ secret: 'first\n' }), 'secret')
  const source = sourceFor(t, TOKEN_URL, { secret: Secret.ofFile(file) })
  const first = await source.fingerprint()
  t.equal(await source.fingerprint(), first)
  await writeFile(file, 'second')
  t.not(await source.fingerprint(), first)
  await writeFile(file, 'first')
  t.equal(await source.fingerprint(), first, 'a line break at the end is no change')
  const given = sourceFor(t, TOKEN_URL, { secret: Secret.ofValue('first') })
  t.equal(await given.fingerprint(), first, 'nor is where it comes from')
  await rm(file)
  t.match(await failureOf(source.fingerprint(), ['first', 'second']), {
    code: 'secret-unreadable',
    refused: false,
  })
})
