import t from 'tap'
import { parseRule } from '../../src/config/rules.ts'

t.test('methods and a pattern', async (t) => {
  t.strictSame(parseRule('POST /v2/jobs/*/completion'), {
    methods: new Set(['POST']),
    segments: ['v2', 'jobs', undefined, 'completion'],
    open: false,
  })
  t.strictSame(parseRule('  GET,PUT\t /v2/a%20b/m%C3%BCller/münchen/** '), {
    methods: new Set(['GET', 'PUT', 'HEAD']),
    segments: ['v2', 'a b', 'müller', 'münchen'],
    open: true,
  })
  t.strictSame(parseRule('* /**'), { methods: undefined, segments: [], open: true })
  t.strictSame(parseRule('HEAD /*'), { methods: new Set(['HEAD']), segments: [undefined], open: false })
  for (const first of [
    'v1',
    'cluster',
    'physical-tenants',
    'mcp',
    'operate',
    'tasklist',
    'optimize',
    'administration',
  ])
    t.type(parseRule(`GET /${first}/x`), 'object', first)
})

t.test('what cannot be read completes the word expected, and is not repeated', async (t) => {
  for (const [text, expected] of [
    ['', /^METHOD/],
    ['/v2/secret', /^METHOD/],
    ['GET', /^METHOD/],
    ['GET/v2/secret', /^METHOD/],
    ['get /v2/secret', /^METHOD.*capitals/],
    ['GET, POST /v2/secret', /^METHOD/],
    ['GET v2/secret', /^METHOD/],
    ['GET /v2/secret x', /^METHOD/],
    ['GTE /v2/secret', /^methods out of GET, /],
    ['GET,,POST /v2/secret', /^methods out of/],
    ['GET,* /v2/secret', /^methods out of/],
    ['TRACE /v2/secret', /^methods out of/],
    ['GET /secret', /begins like \/v2\/\*\*, /],
    ['GET /', /begins like/],
    ['GET /V2/secret', /begins like/],
    ['GET /clusters/secret/v2/x', /begins like/],
    ['GET /v2/**/secret', /^\*\* at the end/],
    ['GET /v2/secret*', /whole segment/],
    ['GET /v2/***', /whole segment/],
    ['GET /v2/secret?x', /without query/],
    ['GET /v2/secret#x', /without query/],
    ['GET /v2/secret%', /valid percent-encoding/],
    ['GET /v2/secret%E4', /valid percent-encoding/],
    ['GET /v2/secret/', /no empty segments/],
    ['GET /v2//secret', /no empty segments/],
    ['GET /v2/secret/..', /dot segments/],
    ['GET /v2/secret/%2e', /dot segments/],
    ['GET /v2/secret%2Fx', /without slash/],
    ['GET /v2/secret;x', /semicolon/],
    ['GET /v2/secret\\x', /backslash/],
    ['GET /v2/secret%00', /control/],
    [`GET /v2/${'secret'.repeat(200)}`, /^no more than 1,024 characters$/],
  ] as const) {
    const fault = parseRule(text)
    t.match(fault, expected, text.slice(0, 40))
    t.notMatch(fault, 'secret')
  }
})
