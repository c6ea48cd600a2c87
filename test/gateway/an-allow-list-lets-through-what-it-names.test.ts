import t from 'tap'
import { compilePolicy } from '../../src/gateway/policy.ts'

/** Rules, what they let through, and what they do not. */
const CASES: readonly { allow: readonly string[]; passes: readonly string[]; refused: readonly string[] }[] =
  [
    {
      allow: ['GET /v2/topology'],
      passes: [
        'GET /v2/topology',
        'HEAD /v2/topology',
        'GET /v2/topology?x',
        'GET /v2/%74opology',
        'GET /%76%32/topology',
      ],
      refused: [
        'POST /v2/topology',
        'OPTIONS /v2/topology',
        'GET /v2/topology/',
        'GET /v2/topology/x',
        'GET /v2',
        'GET /v2/Topology',
        'GET /v2//topology',
        'GET /v2/topology;a=b',
        'GET /v2/topology%3B',
        'GET /v2/%2574opology',
        'GET /v2%2Ftopology',
        'GET topology',
        'GET ',
      ],
    },
    {
      allow: ['POST,PATCH /v2/jobs/*/completion'],
      passes: [
        'POST /v2/jobs/1/completion',
        'PATCH /v2/jobs/a%20b/completion',
        'POST /v2/jobs/a;b/completion',
      ],
      refused: [
        'GET /v2/jobs/1/completion',
        'POST /v2/jobs/completion',
        'POST /v2/jobs//completion',
        'POST /v2/jobs/;a/completion',
        'POST /v2/jobs/%3Ba/completion',
        'POST /v2/jobs/%253Ba/completion',
        'POST /v2/jobs/1/2/completion',
        'POST /v2/jobs/1%2F2/completion',
        'POST /v2/jobs/1%252F2/completion',
        'POST /v2/jobs/1%25%32%66%25E4/completion',
        'POST /v2/jobs/%zz/completion/',
      ],
    },
    {
      allow: ['* /v2/users/**'],
      passes: [
        'GET /v2/users',
        'DELETE /v2/users/a',
        'PURGE /v2/users/a/b/',
        'GET /v2/users/',
        'GET /v2/users/a%2Fb',
        'GET /v2/users//a',
      ],
      refused: ['GET /v2/user', 'GET /v2/usersx', 'GET /v2/users%2Fa', 'GET /v2', 'GET /v2/x/users'],
    },
    {
      allow: [
        'GET /v2/users/a%40b.c',
        'GET /operate/v1/**',
        'GET /v2/roles/100%25',
        'GET /v2/groups/%2A',
        'GET /v2/tenants/%3Cdefault%3E',
      ],
      passes: [
        'GET /v2/users/a@b.c',
        'GET /v2/users/a%40b%2ec',
        'GET /operate/v1/x',
        'GET /v2/roles/100%25',
        'GET /v2/groups/*',
        'GET /v2/tenants/<default>',
      ],
      refused: ['GET /v2/users/a', 'GET /v1/x', 'GET /v2/roles/100', 'GET /v2/groups/a'],
    },
    { allow: [], passes: ['DELETE /v2/anything/at%2Fall', 'GET /', 'BREW '], refused: [] },
  ]

const split = (request: string) => {
  const [method = '', path = ''] = request.split(' ')
  return [method, path] as const
}

t.test('one rule that fits is enough', async (t) => {
  for (const { allow, passes, refused } of CASES) {
    const policy = compilePolicy({ readOnly: false, allow })
    const verdict = (request: string) => {
      const [method, path] = split(request)
      return policy(method, 'v2', path)
    }
    for (const request of passes) t.equal(verdict(request), undefined, `${allow.join(' | ')}: ${request}`)
    for (const request of refused)
      t.equal(verdict(request), 'not-in-scope', `${allow.join(' | ')}: ${request}`)
  }
})

t.test('an allow-list does not widen what is read-only, nor the other way round', async (t) => {
  const policy = compilePolicy({ readOnly: true, allow: ['* /v2/jobs/**', 'DELETE /v2/users/*'] })
  t.equal(policy('DELETE', 'v2', '/v2/users/a'), 'read-only')
  t.equal(policy('POST', 'v2', '/v2/jobs/activation'), 'read-only')
  t.equal(policy('GET', 'v2', '/v2/users/a'), 'not-in-scope')
  t.equal(policy('POST', 'v2', '/v2/users/search'), 'not-in-scope')
  t.equal(policy('POST', 'v2', '/v2/jobs/search'), undefined)
  t.equal(policy('GET', 'v2', '/v2/jobs/1'), undefined)
})

t.test('a rule that cannot be read is a defect by then', async (t) => {
  t.throws(() => compilePolicy({ readOnly: false, allow: ['GET /v2/**', 'nonsense'] }), TypeError)
})
