import { join } from 'node:path'
import t from 'tap'
import { CHART, renderChart } from '../helpers/kubernetes.ts'

const LEAST = join(CHART, 'ci/saas-values.yaml')
const { missing } = renderChart(LEAST)

t.test('and says what to do instead', { skip: missing ?? false }, (t) => {
  const refused: [string[], RegExp][] = [
    [['--set', 'config.restAddress='], /config: name the cluster/],
    [['--set', 'secret.csi.existingClass=x'], /secret: choose one of/],
    [
      ['--set', 'secret.existingSecret=', '--set', 'secret.externalSecret.secretStoreRef.name=x'],
      /secret\.externalSecret\.data: name at least one entry/,
    ],
    [
      ['--set', 'preStopSleepSeconds=30'],
      /terminationGracePeriodSeconds: at least preStopSleepSeconds \+ 35/,
    ],
    [['--set', 'config.clientSecret=x'], /clientSecret/],
    [['--set', 'replica=2'], /replica/],
  ]
  for (const [flags, message] of refused) t.throws(() => renderChart(LEAST, '1.31.0', ...flags), { message })
  t.end()
})

t.test('before Kubernetes 1.30, which cannot sleep, Node.js does', { skip: missing ?? false }, (t) => {
  t.match(renderChart(LEAST, '1.29.0').text, /preStop:[^}]*exec:[\s\S]*setTimeout\(\(\) => \{\}, 5000\)/)
  t.match(renderChart(LEAST, '1.30.0').text, /preStop:\s+sleep:\s+seconds: 5/)
  t.end()
})
