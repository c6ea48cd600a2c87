import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import t from 'tap'
import { parse } from 'yaml'
import { clusterSettingNames, isSecret, settingNames } from '../../src/config/schema.ts'
import { CHART } from '../helpers/kubernetes.ts'

/** What the chart says itself, and what would undo it. */
const OF_THE_CHART = [
  'host',
  'port',
  'socket',
  'adminHost',
  'adminPort',
  'callerTokenFile',
  'callersFile',
  'stateFile',
  'allowRemote',
  'allowedUids',
  'adminSocket',
  'shareToken',
]

const read = (name: string) => readFileSync(join(CHART, name), 'utf8')
const schema = JSON.parse(read('values.schema.json'))
const validate = new Ajv({ strict: false }).compile(schema)
const values = parse(read('values.yaml'))

t.test('config takes every setting but secrets and what the chart says itself', (t) => {
  const { propertyNames, properties } = schema.properties.config
  const expected = settingNames.filter((name) => !isSecret(name) && !OF_THE_CHART.includes(name))
  t.same([...propertyNames.enum].sort(), [...expected, 'clusters'].sort())
  const ofClusters = properties.clusters.additionalProperties.propertyNames.enum
  t.same([...ofClusters].sort(), clusterSettingNames.filter((name) => !isSecret(name)).sort())
  t.end()
})

t.test('the schema knows every value, and no other', (t) => {
  t.ok(validate(values), JSON.stringify(validate.errors))
  t.same(
    Object.keys(schema.properties)
      .filter((name) => name !== 'global')
      .sort(),
    Object.keys(values).sort(),
  )
  const refused = [
    { replica: 2 },
    { config: { clientSecret: 'x' } },
    { config: { callerToken: 'x' } },
    { config: { allowRemote: true } },
    { config: { clusters: { a: { clientSecret: 'x' } } } },
    { secret: { value: 'x' } },
    { callerToken: { value: 'x' } },
    { image: { digest: 'sha256:1' } },
    { networkPolicy: { callers: 'everybody' } },
    { terminationGracePeriodSeconds: 30 },
  ]
  for (const change of refused) t.notOk(validate({ ...values, ...change }), JSON.stringify(change))
  t.end()
})

t.test('chart and program are of one version', (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  const chart = parse(read('Chart.yaml'))
  t.equal(chart.appVersion, version)
  t.end()
})
