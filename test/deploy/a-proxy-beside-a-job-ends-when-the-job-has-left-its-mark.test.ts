import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { podOf, resourcesIn } from '../helpers/kubernetes.ts'
import { programEnv, runProgram } from '../helpers/program.ts'

const SCRIPT = 'end-when-done.mjs'
const MARK = '/run/job/done'

t.test('the example’s own script, before the program: it serves until then, and ends in order', async (t) => {
  const resources = resourcesIn(readFileSync('deploy/kubernetes/classic-sidecar-job.yaml', 'utf8'))
  const script = resources.map(({ data }) => data?.[SCRIPT]).find((text) => text !== undefined) ?? ''
  const job = resources.flatMap((resource) => podOf(resource)?.containers ?? [])
  t.match(job.find(({ name }) => name === 'job')?.command?.join(' '), MARK, 'the job leaves the mark')
  t.match(script, MARK, 'and the script looks for it')
  const folder = t.testdir()
  writeFileSync(join(folder, SCRIPT), script.replace(MARK, join(folder, 'done')))

  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await fakeCluster()
  t.teardown(() => cluster.close())
  const program = runProgram(t, ['start'], {
    ...programEnv(cluster.url, idp.tokenUrl),
    NODE_OPTIONS: `--import ${join(folder, SCRIPT)}`,
  })
  const { listening } = await program.line('listening on')
  await program.line('token acquired')
  t.equal((await fetch(`${listening}/v2/topology`)).status, 200)
  writeFileSync(join(folder, 'done'), '')
  t.equal(await program.ended, 0, 'a Job whose other container ends with 0 is complete')
  t.match(program.stdout(), /"signal":"SIGTERM"[\s\S]*"closed"/)
  t.notMatch(program.stdout(), '"warn"')
})
