import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { bearerSource } from '../../src/credentials/bearer.ts'
import { acquire, failure } from '../helpers/source-lab.ts'

const source = (token: string) => bearerSource({ token: Secret.ofValue(token) })

t.test('the likely mistakes have a name, and none is mended in silence', async (t) => {
  for (const [token, fault] of [
    ['Bearer canary', 'begins with the word Bearer, which belongs to the header and not to the token'],
    ['bearer  canary', 'begins with the word Bearer, which belongs to the header and not to the token'],
    ['canary\ncanary', 'has more than one line'],
    ['canary\r\nx-more: 1', 'has more than one line'],
    ['canary one', 'holds a blank'],
    [' canary', 'holds a blank'],
    ['', 'is empty'],
    ['canaryü', /^cannot stand in a header: /],
    ['canary,canary', /^cannot stand in a header: /],
    ['"canary"', /^cannot stand in a header: /],
    ['=canary', /^cannot stand in a header: /],
    ['\u{feff}canary', /holds a blank/],
    ['canary\u0000', /^cannot stand in a header: /],
    ['canary'.repeat(11_000), /longer than 64 KiB$/],
  ] as const) {
    const { code, message, refused } = await failure(source(token), ['canary'])
    t.strictSame({ code, refused }, { code: 'token-malformed', refused: true })
    t.match(message.slice(0, -1).replace('The token from settings ', ''), fault)
  }
})

t.test('what begins with the same letters is a token', async (t) => {
  t.same((await acquire(source('bearer-of-news'))).headers, ['authorization', 'Bearer bearer-of-news'])
})
