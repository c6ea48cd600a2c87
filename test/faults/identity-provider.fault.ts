/**
 * What an identity provider can do wrong. Where a fault is there at the start, the program has nothing to send, and its
 * callers are told so at once; where it comes while a token is held, they notice nothing until that token has ended.
 */
import { chmodSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { certificateAuthority } from '../helpers/certificate.ts'
import { type FakeIdp, fakeIdp, type IdpAnswer, json } from '../helpers/fake-idp.ts'
import { CLIENT_SECRET } from '../helpers/proxy.ts'
import { faultTable, type Lab, LONG, lasting, type Row } from './lab/lab.ts'
import { callerSaw } from './lab/load.ts'
import { type Names, nameService } from './lab/names.ts'
import type { Provider } from './lab/provider.ts'

const UNAVAILABLE = '503 credential-unavailable'
const REFUSED = '503 credential-refused'
/** Long enough for a second attempt; the third is due 2 s after it at most, and its success is the fourth at most. */
const COLD = { cold: true, lastsS: 1.2, tokenRequests: 4 }
/** A token of 4 s is renewed after 3 s and used for 3.6 s: callers notice for the last second. */
const HELD = { lifeS: lasting(4, 12), lastsS: lasting(5, 24), tokenRequests: lasting(6, 11) }
const HOUR_S = 3_600

const authority = certificateAuthority()
const identity = authority.server('provider.test')
const expired = authority.expiredServer('provider.test')

type Inject = (lab: Lab, t: Test) => void | Promise<void>

/** A token response by the book, but for what is given. */
const response = (token: string, rest: object = {}) => ({
  access_token: token,
  token_type: 'Bearer',
  ...rest,
})

const answering =
  (answer: IdpAnswer): Inject =>
  ({ provider }) =>
    provider.answerWith(answer)

const text =
  (status: number, body: string, headers: Record<string, string> = {}): IdpAnswer =>
  (_request, reply) =>
    void reply.writeHead(status, headers).end(body)

const status = (code: number, headers: Record<string, string> = {}): IdpAnswer =>
  text(code, '{"message":"not now"}', { 'content-type': 'application/json', ...headers })

/** Each answer gives a new token, in a response of this shape. */
const giving =
  (lifeS: number, shape: (token: string) => unknown, code = 200): Inject =>
  ({ provider }) =>
    provider.answerWith((_request, reply) => json(reply, code, shape(provider.issue(lifeS))))

const HTML = { 'content-type': 'text/html' }
const JSON_TYPE = { 'content-type': 'application/json' }
const LOGIN_PAGE = '<!doctype html><title>Sign in</title><form method="post"><input name="password"></form>'
const TEN_MB = 'x'.repeat(10 * 1024 * 1024)

/** Answers that hold no token, whatever their status: callers are told so, and it is asked again with pauses. */
const useless: Record<string, Inject> = {
  'refuses connections': ({ provider }) => provider.gate.be('refused'),
  'resets connections': ({ provider }) => provider.gate.be('reset'),
  'breaks off in the middle of its answer': answering((_request, reply) => {
    reply.writeHead(200, { ...JSON_TYPE, 'content-length': '500' }).write('{"access_token":"half')
    setTimeout(() => reply.socket?.resetAndDestroy(), 50)
  }),
  'answers 429 without Retry-After': answering(status(429)),
  'answers 500': answering(status(500)),
  'answers 502 with a page': answering(text(502, '<h1>Bad Gateway</h1>', HTML)),
  'answers 503': answering(status(503)),
  'answers 504 without a body': answering(text(504, '')),
  'answers 200 with a login page': answering(text(200, LOGIN_PAGE, HTML)),
  'answers 200 with nothing': answering(text(200, '')),
  'answers 200 with the wrong JSON': answering(text(200, '["token"]', JSON_TYPE)),
  'answers 200 with half of its JSON': answering(text(200, '{"access_token":"half', JSON_TYPE)),
  'answers 200 without access_token': answering((_request, reply) =>
    json(reply, 200, { token_type: 'Bearer', expires_in: 300 }),
  ),
  'answers with 10 MB': answering(text(200, `{"access_token":"${TEN_MB}"}`, JSON_TYPE)),
  'gives a token of more than 64 KiB': giving(300, () => response('x'.repeat(65_537), { expires_in: 300 })),
  'gives tokens that have ended: expires_in is 0': giving(0, (token) => response(token, { expires_in: 0 })),
  'gives tokens that have ended: expires_in is negative': giving(0, (token) =>
    response(token, { expires_in: -300 }),
  ),
  'gives tokens whose expires_in is null': giving(300, (token) => response(token, { expires_in: null })),
}

/** Of those, what is tried while a token is held as well: each differs in what becomes of a connection. */
const uselessWhileHeld = [
  'refuses connections',
  'breaks off in the middle of its answer',
  'answers 503',
  'answers 200 with a login page',
]

/** Of those, what differs from another in its words alone. */
const onlyInWords = [
  'answers 500',
  'answers 502 with a page',
  'answers 504 without a body',
  'answers 200 with the wrong JSON',
  'answers 200 with half of its JSON',
  'gives tokens that have ended: expires_in is negative',
]

/** Answers with a good token that says of its life what it should not. The provider means it to last an hour. */
const oddLives: Record<string, unknown> = {
  'a thousand million million': 1e15,
  absent: undefined,
  'a text': '3600',
}

const httpDate = (inSeconds: number) => new Date(Date.now() + inSeconds * 1_000).toUTCString()

/** Asks for a wait, as HTTP has it; its own clock may be wrong by so many seconds. */
const retryAfter = (wait: string | number, clockS = 0): Inject =>
  answering((request, reply, number) => {
    const value = typeof wait === 'string' ? wait : httpDate(clockS + wait)
    status(429, { 'retry-after': value, date: httpDate(clockS) })(request, reply, number)
  })

/** A JWT that says by the provider's clock when it was given and when it ends; nothing else does. */
const byClock =
  (clockS: number, lifeS: number): Inject =>
  ({ provider }) =>
    provider.answerWith((_request, reply) => {
      const iat = Math.floor(Date.now() / 1_000) + clockS
      const claims = { iat, exp: iat + lifeS, jti: crypto.randomUUID() }
      const jwt = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`
      json(reply, 200, response(provider.issue(lifeS, jwt)), { date: httpDate(clockS) })
    })

/** What a provider says that does not let the client in; the program asks again after 30 s. */
const refusals: Record<string, IdpAnswer> = {
  '401 invalid_client': (_request, reply) => json(reply, 401, { error: 'invalid_client' }),
  '400 unauthorized_client': (_request, reply) => json(reply, 400, { error: 'unauthorized_client' }),
  '403 without a word': text(403, ''),
}
/** 30 s are too long for the short form. */
const ASKED_AGAIN_LATE = { heals: LONG, lastsS: 1.2, tokenRequests: LONG ? 3 : 1 }

/** The provider is asked by https, by the name that its certificate has, and the row decides what that name means. */
function byName(length: Pick<Row, 'cold' | 'lifeS' | 'lastsS' | 'tokenRequests'>): Omit<Row, 'fault'> {
  let names: Names
  const here = { 'provider.test': '127.0.0.1' }
  return {
    ...length,
    providerIdentity: identity,
    env({ provider }, t) {
      names = nameService(t, length.cold ? {} : here)
      const url = new URL(provider.tokenUrl)
      url.hostname = 'provider.test'
      return { ...names.env, ...trusting(t), ZEEBE_AUTHORIZATION_SERVER_URL: url.href }
    },
    async inject({ provider }) {
      if (length.cold) return
      names.are({})
      // Nobody asks for an address who has a connection.
      await provider.gate.be('refused')
      await provider.gate.be('open')
    },
    end: () => names.are(here),
    callers: ['200', UNAVAILABLE],
  }
}

function trusting(t: Test): Record<string, string> {
  return { CAMUNDA_PROXY_OAUTH_TLS_CA_FILE: join(t.testdir({ 'ca.pem': authority.cert }), 'ca.pem') }
}

/** The answer is at another host, that the secret must not go to. */
function redirect(code: number): Row {
  let elsewhere: FakeIdp
  return {
    ...COLD,
    fault: `redirects to another host with ${code}, at the start`,
    async inject(lab, t) {
      elsewhere = await fakeIdp()
      t.teardown(() => elsewhere.close())
      lab.provider.answerWith(status(code, { location: `http://localhost:${elsewhere.port}/oauth/token` }))
    },
    callers: ['200', UNAVAILABLE],
    also: (t) => void t.equal(elsewhere.requests.length, 0, 'the other host is never asked'),
  }
}

/** The secret stands in a file, which is swapped for another before or after the provider wants the new one. */
function rotation(fault: string, isFileFirst: boolean, callers: string[]): Row {
  const next = 'canary-secret-of-tomorrow-51c2e84b'
  let file: string
  const swap = () => {
    writeFileSync(`${file}.next`, next, { mode: 0o600 })
    renameSync(`${file}.next`, file)
  }
  const onlyNext =
    (provider: Provider): IdpAnswer =>
    (request, reply, number) => {
      const isGood = request.form.get('client_secret') === next
      if (isGood) provider.good(request, reply, number)
      else json(reply, 401, { error: 'invalid_client' })
    }
  return {
    ...HELD,
    fault,
    env(_parts, t) {
      file = join(t.testdir({ secret: CLIENT_SECRET }), 'secret')
      chmodSync(file, 0o600)
      return { ZEEBE_CLIENT_SECRET: '', CAMUNDA_CLIENT_SECRET_FILE: file }
    },
    inject({ provider }) {
      if (isFileFirst) swap()
      provider.answerWith(onlyNext(provider))
    },
    end({ provider }) {
      provider.answerWith(onlyNext(provider))
      if (!isFileFirst) swap()
    },
    callers,
    also: (t, { program }) => void t.notMatch(program().stdout(), next, 'the new secret is not logged'),
  }
}

/** Gives the token that it has until that has less than a second left, as a provider with a cache does. */
const cached: Inject = ({ provider }) => {
  let [token, endsAt] = ['', 0]
  provider.answerWith((_request, reply) => {
    let leftS = Math.floor((endsAt - performance.now()) / 1_000)
    if (leftS < 1) {
      leftS = 4
      token = provider.issue(leftS)
      endsAt = performance.now() + leftS * 1_000
    }
    json(reply, 200, response(token, { expires_in: leftS }))
  })
}

/** The lab that other proxies were measured in: 20 calls a second, and 200 ms for a token. */
const PEERS = { lifeS: lasting(4, 12), providerTakesMs: 200, callsPerSecond: 20 }

/** The first is fifty calls at once, which count as one: `200` if all of them were answered so. */
function fiftyAtFirst(): (url: string) => Promise<string> {
  let count = 50
  return async (url) => {
    const calls = Array.from({ length: count }, () => callerSaw(`${url}/v2/topology`))
    count = 1
    return [...new Set(await Promise.all(calls))].join(' and ')
  }
}

/** It is asked again when the wait is over, and not before. */
const WAITS = { cold: true, lastsS: 1.2, callers: ['200', UNAVAILABLE], tokenRequests: 4 }

const rows: Row[] = [
  ...Object.entries(useless).map(([fault, inject]) => ({
    ...COLD,
    fault: `${fault}, at the start`,
    onlyLong: onlyInWords.includes(fault),
    inject,
    callers: ['200', UNAVAILABLE],
  })),
  ...uselessWhileHeld.map(
    (fault): Row => ({
      ...HELD,
      fault: `${fault}, while a token is held`,
      onlyLong: fault.startsWith('answers 200'),
      inject: useless[fault] as Inject,
      callers: ['200', UNAVAILABLE],
    }),
  ),
  {
    fault: `takes ${lasting(2, 30)} s for an answer, at the start`,
    cold: true,
    lastsS: lasting(3, 35),
    inject: ({ provider }) =>
      provider.answerWith(async (request, reply, number) => {
        await sleep(lasting(2, 30) * 1_000)
        provider.good(request, reply, number)
      }),
    healed: () => true,
    callers: LONG ? ['200', UNAVAILABLE] : ['200'],
    tokenRequests: lasting(4, 7),
  },
  {
    ...HELD,
    fault: 'takes connections and says nothing, while a token is held',
    inject: ({ provider }) => provider.gate.be('silent'),
    callers: ['200', UNAVAILABLE],
  },
  { fault: 'its name does not exist, at the start', ...byName(COLD) },
  { fault: 'its name is gone, while a token is held', ...byName(HELD) },
  {
    ...COLD,
    fault: 'its certificate has expired, at the start',
    providerIdentity: identity,
    env: (_parts, t) => trusting(t),
    inject: ({ provider }) => provider.gate.show(expired),
    end: ({ provider }) => provider.gate.show(identity),
    callers: ['200', UNAVAILABLE],
    also(t, { provider, logged }) {
      t.ok(logged('CERT_HAS_EXPIRED').length > 0, 'the log says so')
      t.equal(provider.requests.length, 1, 'the secret was sent once the certificate was good')
    },
  },
  ...[302, 307].map(redirect),
  {
    ...COLD,
    fault: 'answers 201 with a good token, at the start',
    inject: giving(4, (token) => response(token, { expires_in: 4 }), 201),
    callers: ['200', UNAVAILABLE],
  },
  { ...WAITS, fault: 'answers 429 with Retry-After: 2', inject: retryAfter('2') },
  { ...WAITS, fault: 'answers 429 with a Retry-After of a date in 2 s', inject: retryAfter(2) },
  {
    ...WAITS,
    fault: 'answers 429 with a Retry-After of a date in 2 s, by a clock that is an hour ahead',
    inject: retryAfter(2, HOUR_S),
  },
  {
    ...WAITS,
    fault: 'answers 429 with a Retry-After of a date in 2 s, by a clock that is an hour behind',
    onlyLong: true,
    inject: retryAfter(2, -HOUR_S),
  },
  { ...WAITS, fault: 'answers 429 with Retry-After: -1', inject: retryAfter('-1') },
  { ...WAITS, fault: 'answers 429 with Retry-After: soon', onlyLong: true, inject: retryAfter('soon') },
  {
    ...WAITS,
    fault: 'answers 429 with Retry-After: 1000000000 (believed for 5 minutes)',
    inject: retryAfter('1000000000'),
    heals: false,
    callers: [UNAVAILABLE],
    tokenRequests: 1,
  },
  ...Object.entries(refusals).flatMap(([fault, answer]): Row[] => [
    {
      ...ASKED_AGAIN_LATE,
      fault: `disables the client: ${fault}, at the start`,
      onlyLong: fault.startsWith('403'),
      cold: true,
      inject: answering(answer),
      callers: LONG ? ['200', REFUSED] : [REFUSED],
    },
  ]),
  {
    ...ASKED_AGAIN_LATE,
    fault: 'disables the client: 401 invalid_client, while a token is held',
    lastsS: 5,
    inject: answering(refusals['401 invalid_client'] as IdpAnswer),
    callers: ['200', REFUSED],
  },
  rotation('wants a new secret before the file has it', false, ['200', REFUSED]),
  rotation('wants a new secret once the file has it', true, ['200']),
  ...Object.entries(oddLives).map(
    ([fault, value]): Row => ({
      fault: `gives a token whose expires_in is ${fault}`,
      cold: true,
      inject: giving(HOUR_S, (token) => response(token, { expires_in: value })),
      healed: () => true,
      callers: ['200'],
      tokenRequests: 1,
    }),
  ),
  ...[1, 2].map(
    (lifeS): Row => ({
      fault: `gives tokens for ${lifeS} s`,
      onlyLong: lifeS === 2,
      cold: true,
      lastsS: 5,
      inject: giving(lifeS, (token) => response(token, { expires_in: lifeS })),
      callers: ['200'],
      tokenRequests: 8,
    }),
  ),
  {
    fault: 'gives a token of 64 KiB, which the cluster finds too long',
    cold: true,
    inject: ({ provider }) =>
      provider.answerWith((_request, reply) =>
        json(reply, 200, response(provider.issue(4, 'x'.repeat(65_536)), { expires_in: 4 })),
      ),
    callers: ['200', '431'],
    tokenRequests: 3,
  },
  {
    fault: 'gives the same token until it has ended',
    inject: cached,
    lastsS: 9,
    callers: ['200'],
    tokenRequests: 10,
  },
  ...[HOUR_S, -HOUR_S].map(
    (clockS): Row => ({
      fault: `its clock is an hour ${clockS > 0 ? 'ahead' : 'behind'}, and only the token says when it ends`,
      cold: true,
      lastsS: 5,
      inject: byClock(clockS, 4),
      callers: ['200'],
      tokenRequests: 4,
    }),
  ),
  {
    ...PEERS,
    lifeS: 300,
    fault: 'nothing is wrong: 50 calls at once, at the start (counted as one)',
    cold: true,
    call: fiftyAtFirst(),
    inject: () => {},
    healed: () => true,
    callers: ['200'],
    tokenRequests: 1,
  },
  {
    ...PEERS,
    fault: `nothing is wrong: 20 calls a second, tokens for ${PEERS.lifeS} s`,
    cold: true,
    lastsS: lasting(8, 30),
    inject: () => {},
    healed: () => true,
    callers: ['200'],
    tokenRequests: 5,
  },
  {
    ...PEERS,
    fault: `resets connections for ${lasting(5, 24)} s, 20 calls a second`,
    lastsS: lasting(5, 24),
    inject: ({ provider }) => provider.gate.be('reset'),
    callers: ['200', UNAVAILABLE],
    tokenRequests: lasting(6, 9),
  },
  {
    ...PEERS,
    fault: 'takes all tokens back once, 20 calls a second',
    lastsS: lasting(3, 10),
    inject: ({ provider }) => provider.revokeAll(),
    callers: ['200'],
    tokenRequests: 4,
    also: (t, { cluster }) => void t.ok(cluster.seen.revoked > 0, 'the cluster refused some'),
  },
  {
    fault: 'takes all tokens back, which had five minutes left, and resets connections',
    lifeS: 300,
    lastsS: lasting(2, 24),
    async inject({ provider }) {
      provider.revokeAll()
      await provider.gate.be('reset')
    },
    callers: ['200', '401'],
    tokenRequests: lasting(5, 11),
  },
]

/** All of them have healed when the cluster gets a token that was given after the fault. */
const healed = ({ cluster }: Lab, endedAt: number) => cluster.newestToken() >= endedAt

faultTable(
  'identity-provider',
  rows.map((row) => ({ healed, ...row })),
  8,
)
