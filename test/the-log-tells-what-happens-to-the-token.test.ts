import { Writable } from 'node:stream'
import t from 'tap'
import type { KeeperEvent } from '../src/credentials/keeper.ts'
import { describeError, keeperLog, makeLogger } from '../src/log.ts'

function logOf(act: (logger: ReturnType<typeof makeLogger>) => void) {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  act(makeLogger('trace', stream))
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

t.test('lifetime and next renewal; failures with their cause and the next try', async (t) => {
  const failure = {
    code: 'http-503',
    message: 'The identity provider x answered status 503.',
    refused: false,
  }
  const events: KeeperEvent[] = [
    { type: 'acquired', generation: 1, same: false, tookMs: 12.3, lifetimeMs: 300_000, renewInMs: 225_040 },
    { type: 'acquired', generation: 2, same: false, tookMs: 1, lifetimeMs: 300_000, renewInMs: 225_000 },
    { type: 'failed', failure, nextTryInMs: 1_500, usableForMs: 60_000 },
    { type: 'failed', failure: { ...failure, refused: true }, nextTryInMs: 30_000, usableForMs: 60_000 },
    { type: 'renewal-forced', generation: 2 },
    { type: 'rejected', generation: 3, pauseMs: 60_000 },
  ]
  const lines = logOf((logger) => events.forEach(keeperLog(logger)))
  t.match(lines, [
    { level: 'info', msg: 'token acquired', lifetimeS: 300, nextRenewalInS: 225, tookMs: 12 },
    { level: 'info', msg: 'token renewed', generation: 2 },
    { level: 'warn', msg: /answered status 503/, cause: 'http-503', nextTryInS: 1.5, oldTokenUsableForS: 60 },
    { level: 'error', nextTryInS: 30 },
    { level: 'warn', generation: 2 },
    { level: 'error', pauseS: 60 },
  ])
})

t.test(
  'each method by its own word, one that was there before at debug level, and nothing of none',
  async (t) => {
    const event: KeeperEvent = {
      type: 'acquired',
      generation: 1,
      same: false,
      tookMs: 1,
      lifetimeMs: 60_000,
      renewInMs: 45_000,
    }
    const said = (['OAUTH', 'BEARER', 'BASIC', 'COOKIE', 'NONE'] as const).flatMap((strategy) =>
      logOf((logger) => {
        keeperLog(logger, strategy)(event)
        keeperLog(logger, strategy)({ ...event, same: true })
        logger.info('end')
      }).map(({ level, msg }) => `${level} ${msg}`),
    )
    const words = ['token', 'token', 'password', 'login']
    const expected = words.flatMap((word) => [
      `info ${word} acquired`,
      `debug ${word} is still good`,
      'info end',
    ])
    t.strictSame(said, [...expected, 'info end'])
  },
)

t.test('an error is logged without its causes and its own properties', async (t) => {
  const error = Object.assign(new Error('visible', { cause: { body: 'canary' } }), {
    response: 'canary',
    code: 'E_X',
  })
  const [line] = logOf((logger) => logger.error({ err: error }, 'failed'))
  t.match(line, { err: { type: 'Error', message: 'visible' } })
  t.notMatch(JSON.stringify(line), 'canary')
  t.same(describeError('canary').message, 'a value that is no error was thrown')
})
