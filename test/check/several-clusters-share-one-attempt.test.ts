import t from 'tap'
import { jwts, runCheck } from '../helpers/check.ts'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp, json } from '../helpers/fake-idp.ts'
import { CLIENT_SECRET, fileIn } from '../helpers/proxy.ts'

t.test(
  'every cluster is checked, or the one that is named; a shared credential is asked for once',
  async (t) => {
    const idp = await fakeIdp(jwts())
    t.teardown(() => idp.close())
    const cluster = await fakeCluster()
    t.teardown(() => cluster.close())
    const entry = `{ restAddress: "${cluster.url}", oauthUrl: "${idp.tokenUrl}", clientId: id, clientSecret: ${CLIENT_SECRET} }`
    const file = fileIn(t, 'proxy.yaml', `defaultCluster: one\nclusters:\n  one: ${entry}\n  two: ${entry}\n`)
    const both = await runCheck({}, ['--config', file])
    t.equal(both.code, 0)
    t.equal(idp.requests.length, 1)
    const names = (name: string) => both.report.steps.filter((step) => step.name === name)
    t.strictSame(
      names('topology').map((step) => step.cluster),
      ['one', 'two'],
    )
    t.match(names('credential')[1]?.detail, ['It is that of the cluster one.'])
    idp.answerWith((_request, response) => json(response, 401, { error: 'invalid_client' }))
    const refused = await runCheck({}, ['--config', file])
    t.equal(idp.requests.length, 2, 'a refusal is not asked for again either')
    t.equal(refused.code, 1)
    const two = await runCheck({}, ['--config', file, '--cluster', 'two', '--timeout=5'])
    t.ok(two.report.steps.every((step) => step.cluster === undefined || step.cluster === 'two'))
    const none = await runCheck({}, ['--config', file, '--cluster', 'three'])
    t.equal(none.code, 2)
    t.match(none.report, { ok: false, steps: [{ name: 'settings', status: 'failed', detail: [/one, two/] }] })
  },
)
