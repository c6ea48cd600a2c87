import { createHash } from 'node:crypto'
import t from 'tap'
import { type Callers, callerMay, findCaller, parseCallers } from '../../src/config/callers.ts'

const digest = (token: string) => createHash('sha256').update(token).digest('hex')

/** The callers of a file that has no faults. */
function read(...entries: readonly object[]): Callers {
  const result = parseCallers({ callers: entries })
  if ('faults' in result) throw new Error(result.faults.join('\n'))
  return result.callers
}

t.test('the token says who calls', async (t) => {
  const callers = read(
    { name: 'reports', tokenHash: digest('one') },
    { name: 'workers', tokenHash: digest('zwölf').toUpperCase() },
  )
  t.equal(findCaller(callers, 'one')?.name, 'reports')
  t.equal(findCaller(callers, 'zwölf')?.name, 'workers', 'UTF-8; the case of the digest does not matter')
  for (const token of ['', 'One', 'one ', 'on', digest('one'), 'x'.repeat(20_000)])
    t.equal(findCaller(callers, token), undefined, token.slice(0, 70))
  t.equal(findCaller(new Map(), 'one'), undefined)
})

t.test('a caller may do what its rules name, in the clusters that it names', async (t) => {
  const [everything, limited, elsewhere] = [
    ...read(
      { name: 'everything', tokenHash: digest('1') },
      { name: 'limited', tokenHash: digest('2'), allow: ['GET /v2/**', 'POST /v2/*/search'] },
      { name: 'elsewhere', tokenHash: digest('3'), clusters: ['default', 'prod'] },
    ).values(),
  ]
  if (!everything || !limited || !elsewhere) throw new Error('three were read')
  t.ok(callerMay(everything, 'DELETE', '/v2/users/a', ['default', 'main']))
  t.ok(callerMay(everything, 'DELETE', '/administration/clusters', ['prod']))
  t.ok(callerMay(limited, 'POST', '/v2/users/%73earch?x', ['prod']))
  t.notOk(callerMay(limited, 'POST', '/v2/users', ['prod']))
  t.notOk(callerMay(limited, 'POST', '/v2/users%2Fsearch', ['default', 'main']))
  t.ok(callerMay(elsewhere, 'POST', '/v2/users', ['prod']))
  t.ok(
    callerMay(elsewhere, 'POST', '/v2/users', ['default', 'main']),
    'the cluster without a name is called default',
  )
  t.notOk(callerMay(elsewhere, 'GET', '/v2/users', ['test']))
  const [named] = [
    ...read({ name: 'named', tokenHash: digest('4'), allow: ['GET /v2/**'], clusters: ['prod'] }).values(),
  ]
  if (!named) throw new Error('one was read')
  t.notOk(callerMay(named, 'GET', '/v2/x', ['default', 'main']))
  t.notOk(callerMay(named, 'PUT', '/v2/x', ['prod']))
  t.ok(callerMay(named, 'GET', '/v2/x', ['prod']))
  t.ok(callerMay(named, 'GET', '/v2/x', ['default', 'prod']), 'it has a name of its own too')
})
