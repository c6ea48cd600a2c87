import t from 'tap'
import { Dispatcher } from 'undici'
import { Secret } from '../../src/config/secrets.ts'
import { cookieSource } from '../../src/credentials/cookie.ts'
import { failureOf } from '../helpers/oauth-lab.ts'

/** Takes every request and never connects: undici does not look at a request's signal until it has. */
class Connecting extends Dispatcher {
  override dispatch(): boolean {
    return true
  }
}

t.test('an attempt ends with its signal, and says whom it asked', async (t) => {
  const source = cookieSource({
    loginUrl: new URL('http://cluster.example/login'),
    cluster: { origin: 'http://cluster.example', basePath: '' },
    username: 'demo',
    password: Secret.ofValue('demo'),
    idleMs: 60_000,
    dispatcher: new Connecting(),
  })
  const controller = new AbortController()
  const attempt = source.acquire(controller.signal)
  setImmediate(() => controller.abort(new DOMException('late', 'TimeoutError')))
  t.match(await failureOf(attempt, []), { code: 'timeout', message: /cluster\.example/ })
})
