import t from 'tap'
import { Problem } from '../../src/errors.ts'
import { counter, sum } from '../../src/gateway/tally.ts'

const silent = { answered() {}, refused() {}, preflight() {}, abandoned() {} }
const get = { method: 'GET', url: '/v2/topology', headers: {} }

t.test('by method, status and who answered; problems by their code', (t) => {
  const { counted, tally } = counter()
  const accessLog = counted(silent)
  accessLog.answered(get, 200, performance.now())
  accessLog.answered(get, 200, performance.now())
  accessLog.answered({ ...get, method: 'POST' }, 503, performance.now(), 'the cluster broke off')
  accessLog.refused(get, new Problem('credential-unavailable', 'none'))
  accessLog.refused({ headers: {} }, new Problem('bad-request', 'unreadable'))
  accessLog.preflight({ ...get, method: 'OPTIONS' }, 204)
  accessLog.abandoned(get, performance.now())
  t.match(tally(), {
    requests: {
      'GET 200 upstream': 2,
      'POST 503 upstream': 1,
      'GET 503 proxy': 1,
      'other 400 proxy': 1,
      'OPTIONS 204 proxy': 1,
    },
    problems: { 'credential-unavailable': 1, 'bad-request': 1 },
    abandoned: 1,
    brokenOff: 1,
  })
  t.end()
})

t.test('by how long their answers took', (t) => {
  const { counted, tally } = counter()
  const accessLog = counted(silent)
  for (const seconds of [0.02, 0.3, 120]) accessLog.answered(get, 200, performance.now() - seconds * 1_000)
  const { counts, sum } = tally().durations
  t.strictSame(counts, [0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1])
  t.ok(sum > 120.3 && sum < 121)
  t.end()
})

t.test('the log hears of each as before', (t) => {
  const heard: string[] = []
  const accessLog = counter().counted({
    answered: (_request, status, startedAt, brokeOff) => heard.push(`${status} ${startedAt} ${brokeOff}`),
    refused: (_request, problem) => heard.push(problem.code),
    preflight: (_request, status) => heard.push(`preflight ${status}`),
    abandoned: (_request, startedAt) => heard.push(`left ${startedAt}`),
  })
  accessLog.answered(get, 200, 1, 'broke off')
  accessLog.refused(get, new Problem('draining', 'ending'))
  accessLog.preflight(get, 204)
  accessLog.abandoned(get, 2)
  t.strictSame(heard, ['200 1 broke off', 'draining', 'preflight 204', 'left 2'])
  t.end()
})

t.test('what several processes counted adds up', (t) => {
  const [one, other] = [counter(), counter()]
  one.counted(silent).answered(get, 200, performance.now())
  one.counted(silent).refused(get, new Problem('draining', 'ending'))
  other.counted(silent).answered(get, 200, performance.now())
  other.counted(silent).answered(get, 404, performance.now())
  const total = sum([one.tally(), other.tally()])
  t.match(total, {
    requests: { 'GET 200 upstream': 2, 'GET 404 upstream': 1, 'GET 503 proxy': 1 },
    problems: { draining: 1 },
  })
  t.equal(
    total.durations.counts.reduce((a, b) => a + b, 0),
    3,
  )
  t.match(sum([]), { requests: {}, abandoned: 0 })
  t.end()
})
