import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { problemCodes } from '../../src/errors.ts'
import { CHART } from '../helpers/kubernetes.ts'
import { setUp } from '../helpers/proxy.ts'

const text = readFileSync(join(CHART, 'files/alerts.yaml'), 'utf8')
const rules: { expr: string }[] = parse(text).groups.flatMap(({ rules }: { rules: [] }) => rules)

t.test('metrics and problems that rules name are there', async (t) => {
  const { proxy } = await setUp(t)
  const metrics = await (await fetch(`${proxy.adminUrl}/metrics`)).text()
  t.not(rules.length, 0)
  for (const { expr } of rules) {
    for (const [name] of expr.matchAll(/camunda_auth_proxy_\w+/g)) {
      const family = name.replace(/_(?:bucket|sum|count)$/, '')
      t.ok(metrics.includes(`# TYPE ${name} `) || metrics.includes(`# TYPE ${family} histogram`), name)
    }
    for (const [, operator, value = ''] of expr.matchAll(/problem(=~?)"([^"]+)"/g)) {
      const pattern = new RegExp(operator === '=' ? `^${value}$` : `^(?:${value})$`)
      t.ok(
        problemCodes.some((code) => pattern.test(code)),
        value,
      )
    }
  }
})

t.test('they are those for a Prometheus without Kubernetes', (t) => {
  const plain = 'deploy/prometheus/alerts.yaml'
  if (existsSync(plain)) t.equal(text, readFileSync(plain, 'utf8'))
  t.end()
})
