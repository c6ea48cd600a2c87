import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { basicSource } from '../../src/credentials/basic.ts'
import { failureOf } from '../helpers/oauth-lab.ts'
import { failure } from '../helpers/source-lab.ts'

t.test('a colon in the username, and control characters in either', async (t) => {
  for (const [username, password, said] of [
    ['canary:user', 'canary', 'The username holds a colon'],
    ['canary\nuser', 'canary', 'The username holds a control character'],
    ['canary', 'canary\u0000pass', 'The password holds a control character'],
    ['canary', 'canary\r\nx-more: 1', 'The password holds a control character'],
    ['canary', 'canary\u007f', 'The password holds a control character'],
    ['canary', 'canary'.repeat(1_000), 'The username and password have more than 4096 characters'],
  ] as const) {
    const refused = await failure(basicSource({ username, password: Secret.ofValue(password) }), ['canary'])
    t.match(refused, { code: 'basic-malformed', refused: true })
    t.ok(refused.message.startsWith(said), refused.message)
    t.ok(refused.message.endsWith('cannot be sent by Basic authentication.'), refused.message)
  }
})

t.test('a password that cannot be read may be readable soon', async (t) => {
  const path = `${t.testdir({})}/password`
  const source = basicSource({ username: 'demo', password: Secret.ofFile(path) })
  const unreadable = {
    code: 'password-unreadable',
    message: `The password cannot be read from file ${path} (ENOENT).`,
    refused: false,
  }
  t.strictSame(await failure(source), unreadable)
  t.strictSame(await failureOf(source.fingerprint(), []), unreadable)
})
