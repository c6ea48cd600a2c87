// Checks what is in deploy/ with the tools of Kubernetes: `helm lint`, and against its schemas whatever there is to apply.
//
//   node scripts/check-deploy.mjs
//
// Needs helm, kustomize and kubeconform. kubeconform gets the schemas from the network, unless KUBECONFORM_SCHEMAS says where
// they are, as its option -schema-location.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const CHART = 'deploy/helm/camunda-auth-proxy'
const MANIFESTS = 'deploy/kubernetes'
const EXAMPLES = join(MANIFESTS, 'examples')
const VERSIONS = Array.from({ length: 9 }, (_, i) => `1.${29 + i}.0`)
/** Kinds of others, whose schemas are not part of Kubernetes. */
const NOT_OF_KUBERNETES = 'ServiceMonitor,PrometheusRule,ExternalSecret,SecretProviderClass'

function run(command, args, input) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', input })
  if (error !== undefined) throw new Error(`${command} cannot be run: ${error.message}`)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

function validate(what, version, yaml) {
  const schemas = process.env.KUBECONFORM_SCHEMAS
  const where = schemas === undefined ? [] : ['-schema-location', schemas]
  const args = ['-strict', '-summary', '-kubernetes-version', version, '-skip', NOT_OF_KUBERNETES, ...where]
  const summary = run('kubeconform', args, yaml).trim()
  // Nothing in, nothing wrong.
  if (!/Valid: [1-9]/.test(summary)) throw new Error(`${what}: ${summary}`)
  process.stdout.write(`${version} ${what}: ${summary.replace(/^Summary: /, '')}\n`)
}

const files = readdirSync(MANIFESTS).filter((name) => name.endsWith('.yaml'))
const overlays = readdirSync(EXAMPLES).map((name) => join(EXAMPLES, name))
const values = readdirSync(join(CHART, 'ci')).map((name) => join(CHART, 'ci', name))
const built = overlays.map((name) => [name, run('kustomize', ['build', name])])

for (const name of values)
  run('helm', ['lint', '--strict', '--quiet', CHART, '--values', name, '--kube-version', VERSIONS[0]])
for (const version of VERSIONS) {
  for (const name of files) validate(name, version, readFileSync(join(MANIFESTS, name), 'utf8'))
  for (const [name, yaml] of built) validate(name, version, yaml)
  for (const name of values) {
    const flags = ['--namespace', 'camunda', '--values', name, '--kube-version', version]
    validate(name, version, run('helm', ['template', 'check', CHART, ...flags]))
  }
}
