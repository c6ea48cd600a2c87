import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { fullName, metrics } from '../../src/admin/metric-table.ts'
import { setUp } from '../helpers/proxy.ts'

const DASHBOARD = 'deploy/grafana/dashboard.json'
const ALERTS = 'deploy/prometheus/alerts.yaml'
const ALERTS_TEST = 'deploy/prometheus/alerts.test.yaml'
const NAME = /\b(?:camunda_auth_proxy|process)_\w+/g
const hasPromtool = spawnSync('promtool', ['--version']).status === 0
const needsPromtool = { skip: hasPromtool ? false : 'promtool is not installed' }

/** Told only by a program that reloads its settings; another test has them told. */
const OF_RELOADS = /^camunda_auth_proxy_config_/

t.test('each metric that is named is told, and the labels too', async (t) => {
  const { proxy } = await setUp(t)
  await (await fetch(`${proxy.url}/v2/topology`)).text()
  const text = await (await fetch(`${proxy.adminUrl}/metrics`)).text()
  const told = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name ?? ''))
  for (const name of metrics.map(fullName)) if (OF_RELOADS.test(name)) told.add(name)
  for (const path of [DASHBOARD, ALERTS, ALERTS_TEST]) {
    const names = [...readFileSync(path, 'utf8').matchAll(NAME)].map(([name]) => name)
    t.ok(names.length > 5, path)
    for (const name of new Set(names))
      t.ok(told.has(name) || told.has(name.replace(/_(?:bucket|sum|count)$/, '')), `${path}: ${name}`)
  }
  const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label ?? ''))
  for (const [, label = ''] of readFileSync(ALERTS, 'utf8').matchAll(/\$labels\.(\w+)/g))
    t.ok(labels.has(label) || label === 'instance', `${ALERTS}: ${label}`)
})

t.test('each alert says how bad it is, what happened and what to do', async (t) => {
  const alerts = readFileSync(ALERTS, 'utf8').split('- alert: ').slice(1)
  t.ok(alerts.length >= 7)
  for (const alert of alerts)
    for (const word of ['severity: ', 'summary: ', 'description: '])
      t.ok(alert.includes(word), alert.slice(0, 40))
})

t.test('promtool takes the rules, and they fire when they should', needsPromtool, async (t) => {
  t.doesNotThrow(() => execFileSync('promtool', ['check', 'rules', ALERTS], { stdio: 'pipe' }))
  t.doesNotThrow(() => execFileSync('promtool', ['test', 'rules', ALERTS_TEST], { stdio: 'pipe' }))
})

t.test('promtool finds nothing wrong with what /metrics says', needsPromtool, async (t) => {
  const { proxy } = await setUp(t)
  for (const path of ['/v2/topology', '/v1/x']) await (await fetch(proxy.url + path)).text()
  const input = await (await fetch(`${proxy.adminUrl}/metrics`)).text()
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })
  t.equal(`${stdout}${stderr}`, '')
  t.equal(status, 0)
})
