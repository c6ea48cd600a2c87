import t from 'tap'
import { json } from '../helpers/fake-idp.ts'
import { oauthLab } from '../helpers/oauth-lab.ts'

const FIVE_MINUTES = 300_000

t.test('whatever its status and its words', async (t) => {
  const { idp, failure } = await oauthLab(t)
  for (const status of [400, 401, 403, 404, 408, 429, 500, 502, 503, 504]) {
    const headers = { 'retry-after': '17' }
    for (const content of [{ error: 'invalid_client' }, { error: 'temporarily_unavailable' }, {}]) {
      idp.answerWith((_request, response) => json(response, status, content, headers))
      t.equal((await failure()).retryAfterMs, 17_000, `${status} ${JSON.stringify(content)}`)
    }
    idp.answerWith((_request, response) =>
      response.writeHead(status, { 'content-type': 'text/html', ...headers }).end('<h1>Busy</h1>'),
    )
    t.equal((await failure()).retryAfterMs, 17_000, `${status} with a page`)
    idp.answerWith((_request, response) =>
      response.writeHead(status, { 'www-authenticate': 'Basic realm="x"', ...headers }).end(),
    )
    t.equal((await failure()).retryAfterMs, 17_000, `${status} with a challenge`)
  }
})

t.test('in seconds', async (t) => {
  const { idp, failure } = await oauthLab(t)
  for (const [value, wait] of [
    ['0', 0],
    ['1', 1_000],
    ['007', 7_000],
    ['300', FIVE_MINUTES],
    ['301', FIVE_MINUTES],
    ['9'.repeat(400), FIVE_MINUTES],
    ['-1', undefined],
    ['+1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['10 s', undefined],
    ['10, 20', undefined],
    ['2026-01-01T00:00:00Z', undefined],
    ['', undefined],
    ['soon', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
  ] as const) {
    idp.answerWith((_request, response) => json(response, 503, {}, { 'retry-after': value }))
    const failed = await failure()
    t.equal(failed.retryAfterMs, wait, value)
    t.equal('retryAfterMs' in failed, wait !== undefined)
  }
})

t.test('until a date, in each of the three forms of HTTP', async (t) => {
  const { idp, failure } = await oauthLab(t)
  const now = Date.parse('2027-03-09T08:00:00Z')
  t.intercept(Date, 'now', { value: () => now })
  for (const [value, wait] of [
    ['Tue, 09 Mar 2027 08:01:30 GMT', 90_000],
    ['Tuesday, 09-Mar-27 08:01:30 GMT', 90_000],
    ['Tue, 09 Mar 2027 08:05:01 GMT', FIVE_MINUTES],
    ['Wed, 09 Mar 2095 08:00:00 GMT', FIVE_MINUTES],
    ['Tue, 09 Mar 2027 08:00:00 GMT', 0],
    ['Tue, 09 Mar 2027 07:59:59 GMT', 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['Tue, 39 Mar 2027 08:00:00 GMT', undefined],
  ] as const) {
    idp.answerWith((_request, response) => {
      response.sendDate = false
      json(response, 429, {}, { 'retry-after': value })
    })
    t.equal((await failure()).retryAfterMs, wait, value)
  }
})

t.test('until a date by its own clock, whatever ours says', async (t) => {
  const { idp, failure } = await oauthLab(t)
  const now = Date.parse('2027-03-09T08:00:00Z')
  t.intercept(Date, 'now', { value: () => now })
  for (const [date, value, wait] of [
    ['Tue, 09 Mar 2027 09:00:00 GMT', 'Tue, 09 Mar 2027 09:00:03 GMT', 3_000],
    ['Tue, 09 Mar 2027 07:00:00 GMT', 'Tue, 09 Mar 2027 07:00:03 GMT', 3_000],
    ['Tue, 09 Mar 2027 09:00:00 GMT', 'Tue, 09 Mar 2027 08:00:03 GMT', 0],
    ['Tue, 09 Mar 2027 09:00:00 GMT', '17', 17_000],
    ['today', 'Tue, 09 Mar 2027 08:00:03 GMT', 3_000],
  ] as const) {
    idp.answerWith((_request, response) => json(response, 429, {}, { 'retry-after': value, date }))
    t.equal((await failure()).retryAfterMs, wait, `${value} at ${date}`)
  }
})
