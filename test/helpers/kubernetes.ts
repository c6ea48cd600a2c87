import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

export interface Resource {
  kind: string
  metadata: { name: string }
  data?: Record<string, string>
  spec?: { template?: { spec: Pod } } & Partial<Pod>
}

export interface Pod {
  automountServiceAccountToken?: boolean
  enableServiceLinks?: boolean
  terminationGracePeriodSeconds?: number
  hostNetwork?: boolean
  hostPID?: boolean
  hostIPC?: boolean
  securityContext?: Security & { fsGroup?: number; sysctls?: { name: string }[] }
  initContainers?: Container[]
  containers: Container[]
  volumes?: ({ name: string } & Record<string, unknown>)[]
}

interface Security {
  privileged?: boolean
  allowPrivilegeEscalation?: boolean
  readOnlyRootFilesystem?: boolean
  runAsNonRoot?: boolean
  runAsUser?: number
  procMount?: string
  capabilities?: { add?: string[]; drop?: string[] }
  seccompProfile?: { type: string }
  appArmorProfile?: { type: string }
  seLinuxOptions?: { type?: string; user?: string; role?: string }
  windowsOptions?: { hostProcess?: boolean }
}

interface Handler {
  exec?: { command: string[] }
  sleep?: { seconds: number }
  httpGet?: { path: string; port: number | string; host?: string }
  tcpSocket?: { host?: string }
}

export interface Container {
  name: string
  image: string
  restartPolicy?: string
  command?: string[]
  args?: string[]
  env?: { name: string; value?: string }[]
  envFrom?: { configMapRef?: { name: string } }[]
  ports?: { name?: string; containerPort: number; hostPort?: number }[]
  startupProbe?: Handler
  readinessProbe?: Handler
  livenessProbe?: Handler
  lifecycle?: { postStart?: Handler; preStop?: Handler }
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
  securityContext?: Security
  volumeMounts?: { name: string; mountPath: string }[]
}

/** The resources of a stream of YAML documents, as Kubernetes reads it: `0440` is an octal number. */
export function resourcesIn(yaml: string): Resource[] {
  return parseAllDocuments(yaml, { version: '1.1', merge: true }).flatMap((document) => {
    const [error] = document.errors
    if (error !== undefined) throw error
    const resource = document.toJS() as Resource | null
    return resource === null ? [] : [resource]
  })
}

/** The pod that a resource is or makes. */
export function podOf({ kind, spec }: Resource): Pod | undefined {
  return spec?.template?.spec ?? (kind === 'Pod' ? (spec as Pod) : undefined)
}

export function containersOf({ initContainers = [], containers }: Pod): Container[] {
  return [...initContainers, ...containers]
}

/** What is to be applied, or why it is not known. */
interface Rendered {
  text: string
  missing?: string
}

/** The output of a tool, unless it is not there: the tests do not need tools for Kubernetes. */
function output(command: string, args: readonly string[]): Rendered {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (error !== undefined) return { text: '', missing: `${command} is not installed` }
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return { text: stdout }
}

export const CHART = 'deploy/helm/camunda-auth-proxy'
const EXAMPLES = 'deploy/kubernetes/examples'

/** What there is to apply: complete files, what the overlays make, and what the chart makes of each of its values. */
export function everythingToApply(): { name: string; yaml: () => Rendered }[] {
  const files = readdirSync('deploy/kubernetes')
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join('deploy/kubernetes', name))
  const overlays = readdirSync(EXAMPLES).map((name) => join(EXAMPLES, name))
  const values = readdirSync(join(CHART, 'ci')).map((name) => join(CHART, 'ci', name))
  return [
    ...files.map((name) => ({ name, yaml: () => ({ text: readFileSync(name, 'utf8') }) })),
    ...overlays.map((name) => ({ name, yaml: () => output('kustomize', ['build', name]) })),
    ...values.map((name) => ({ name, yaml: () => renderChart(name) })),
  ]
}

/** What the chart makes of a file of values. */
export function renderChart(values: string, kubernetes = '1.31.0', ...flags: string[]): Rendered {
  const args = ['template', 'test', CHART, '--namespace', 'camunda', '--values', values]
  return output('helm', [...args, '--kube-version', kubernetes, ...flags])
}
