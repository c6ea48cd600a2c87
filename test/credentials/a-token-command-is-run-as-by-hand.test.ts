import t from 'tap'
import { bearerSource } from '../../src/credentials/bearer.ts'
import { acquire, failure, jwt, WALL } from '../helpers/source-lab.ts'

const node = JSON.stringify(process.execPath)
const now = () => WALL
const inS = (seconds: number) => WALL / 1_000 + seconds
const source = (command: string) => bearerSource({ command }, { now })

t.test(
  'its token is used to the end that it names, else that the token names, else for 5 minutes',
  async (t) => {
    const ending = jwt({ exp: inS(600) })
    for (const [output, token, lifetimeMs] of [
      ['canary', 'canary', 300_000],
      [ending, ending, 600_000],
      [JSON.stringify({ access_token: 'canary', expires_in: 60 }), 'canary', 60_000],
      [JSON.stringify({ token: ending, expires_at: inS(60) }), ending, 60_000],
      [JSON.stringify({ token: 'canary', expires_at: inS(1e7) }), 'canary', 86_400_000],
    ] as const) {
      const issued = await acquire(source(`printf '%s\\n' '${output}'`))
      t.strictSame(issued, { headers: ['authorization', `Bearer ${token}`], lifetimeMs })
    }
  },
)

t.test('by a shell, with the environment, without input, and without regard to its complaints', async (t) => {
  process.env.CANARY_PART = 'canary'
  t.teardown(() => delete process.env.CANARY_PART)
  const piped = await acquire(source('echo "$CANARY_PART-one" | tr o 0; echo an aside >&2'))
  t.same(piped.headers, ['authorization', 'Bearer canary-0ne'])
  const input = 'process.stdin.on("data", () => {}).on("end", () => console.log("canary"))'
  t.same((await acquire(source(`${node} -e '${input}'`))).headers, ['authorization', 'Bearer canary'])
})

t.test('anew each time; its fingerprint tells it from another command, and nothing of it', async (t) => {
  const path = `${t.testdir({})}/count`
  const counting = source(`echo x >> '${path}'; wc -l < '${path}' | tr -d ' '`)
  t.same((await acquire(counting)).headers, ['authorization', 'Bearer 1'])
  t.same((await acquire(counting)).headers, ['authorization', 'Bearer 2'])
  t.not(counting.fixed, true)
  const fingerprint = await counting.fingerprint()
  t.equal(await counting.fingerprint(), fingerprint)
  t.not(await source('echo').fingerprint(), fingerprint)
  t.match(fingerprint, /^[\w-]{43}$/)
})

t.test('64 KiB of output are taken, and no more', async (t) => {
  const printing = (bytes: number) =>
    source(`${node} -e 'process.stdout.write("x".repeat(6) + "\\n".repeat(${bytes - 6}))'`)
  t.same((await acquire(printing(65_536))).headers, ['authorization', 'Bearer xxxxxx'])
  t.strictSame(await failure(printing(65_537)), {
    code: 'token-malformed',
    message: 'The token command printed more than 64 KiB; run it by hand to see why.',
    refused: false,
  })
})
