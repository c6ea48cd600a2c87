import t from 'tap'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { oauthLab } from '../helpers/oauth-lab.ts'

for (const status of [301, 302, 303, 307, 308]) {
  t.test(`${status}, to another server and within this one`, async (t) => {
    const other = await fakeIdp()
    t.teardown(() => other.close())
    const { idp, failure } = await oauthLab(t)
    for (const [asked, location] of [other.tokenUrl, '/elsewhere?canary-in-the-query'].entries()) {
      idp.answerWith((_request, response) => response.writeHead(status, { location }).end())
      t.strictSame(await failure(['canary-in-the-query']), {
        code: `http-${status}`,
        message: `The identity provider 127.0.0.1:${idp.port} answered status ${status}.`,
        refused: false,
      })
      t.equal(idp.requests.length, asked + 1, 'the one request and no second')
    }
    t.equal(other.requests.length, 0)
  })
}
