import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { DRAIN_MS } from '../../src/app.ts'
import { isLoopback } from '../../src/config/hosts.ts'
import { loadSettings } from '../../src/config/load.ts'
import { selfSigned } from '../helpers/certificate.ts'
import {
  type Container,
  containersOf,
  everythingToApply,
  type Pod,
  podOf,
  type Resource,
  resourcesIn,
} from '../helpers/kubernetes.ts'

/** What comes after the last request: a logout, and what is left of connections. */
const AFTER_DRAIN_S = 5
const PATHS = /\/(?:run|etc|var)\/[\w./-]+/g
const { cert } = selfSigned('ca.example', 'rsa')

const isProxy = ({ image, args }: Container) =>
  /(^|\/)camunda-auth-proxy[:@]/.test(image) && (args?.[0] ?? 'start') === 'start'

/** What the container is told, with files of the test in the place of those that are mounted. */
function environmentIn(folder: string, container: Container, resources: Resource[]): Record<string, string> {
  const configMap = (name: string | undefined) =>
    resources.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name)?.data ?? {}
  const toFolder = (text: string) => text.replaceAll(PATHS, (path) => join(folder, path))
  const provide = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), toFolder(text), { mode: 0o440 })
  }
  const files = resources.find(({ kind, data }) => kind === 'ConfigMap' && data?.['config.yaml'])?.data
  const env = {
    ...Object.assign(
      {},
      ...(container.envFrom ?? []).map(({ configMapRef }) => configMap(configMapRef?.name)),
    ),
    ...Object.fromEntries((container.env ?? []).map(({ name, value = 'camunda' }) => [name, value])),
  } as Record<string, string>
  for (const [path] of `${Object.values(env).join('\n')}\n${files?.['config.yaml'] ?? ''}`.matchAll(PATHS))
    provide(
      path,
      path.endsWith('.crt') ? cert : path.endsWith('callers.yaml') ? 'callers: []' : 'a secret text',
    )
  if (env.CAMUNDA_PROXY_CONFIG !== undefined) provide(env.CAMUNDA_PROXY_CONFIG, files?.['config.yaml'] ?? '')
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      toFolder(value.replaceAll('$(POD_NAMESPACE)', env.POD_NAMESPACE ?? '')),
    ]),
  )
}

async function checkSettings(t: Test, container: Container, resources: Resource[]): Promise<void> {
  const folder = t.testdir()
  const { settings, warnings } = await loadSettings([], environmentIn(folder, container, resources))
  t.same(warnings, [], 'it is told settings, and none in vain')
  const admin = settings.admin
  if (admin === undefined || !('host' in admin)) throw new Error('the kubelet reaches no probe')
  t.notOk(isLoopback(admin.host), 'the kubelet reaches the probes')
  t.equal(admin.port, 9601)
  const mounts = container.volumeMounts?.map(({ mountPath }) => mountPath) ?? []
  t.ok(
    mounts.some((path) => settings.stateFile?.startsWith(join(folder, path))),
    'it may write its state',
  )
  const listen = settings.listen
  if ('host' in listen && !isLoopback(listen.host))
    t.ok(settings.callerToken ?? settings.callersFile, 'who is let in from other pods is known')
}

function checkProbes(t: Test, { startupProbe, readinessProbe, livenessProbe, ports = [] }: Container): void {
  const probes = { '/startupz': startupProbe, '/readyz': readinessProbe, '/livez': livenessProbe }
  t.ok(livenessProbe)
  for (const [path, probe] of Object.entries(probes)) {
    if (probe === undefined) continue
    const { httpGet } = probe
    t.equal(httpGet?.path, path)
    const port = ports.find(({ name }) => name === httpGet?.port)?.containerPort ?? httpGet?.port
    t.equal(port, 9601)
  }
}

function checkContainer(t: Test, container: Container, pod: Pod): void {
  const { lifecycle, securityContext, resources, volumeMounts = [] } = container
  const sleepS = lifecycle?.preStop?.sleep?.seconds ?? 0
  const graceS = pod.terminationGracePeriodSeconds ?? 30
  t.ok(graceS >= sleepS + DRAIN_MS / 1_000 + AFTER_DRAIN_S, `${graceS} s are enough to finish`)
  t.equal(securityContext?.readOnlyRootFilesystem, true)
  t.equal(pod.enableServiceLinks, false, 'no Service puts a setting into its environment')
  t.ok(resources?.requests?.memory && resources.limits?.memory && resources.requests.cpu)
  t.equal(resources?.limits?.cpu, undefined, 'it is not throttled')
  t.equal(pod.securityContext?.fsGroup, 65532)
  const volumes = pod.volumes ?? []
  for (const { name } of volumeMounts)
    t.ok(
      volumes.some((volume) => volume.name === name),
      `volume ${name}`,
    )
  for (const volume of volumes) {
    const secret = volume.secret as { defaultMode?: number } | undefined
    if (secret !== undefined) t.equal(secret.defaultMode, 0o440, 'not everybody reads the secret')
  }
}

for (const { name, yaml } of everythingToApply()) {
  const { text, missing } = yaml()
  t.test(name, { skip: missing ?? false }, async (t) => {
    const resources = resourcesIn(text)
    const pods = resources.flatMap((resource) => podOf(resource) ?? [])
    const proxies = pods.flatMap((pod) =>
      containersOf(pod)
        .filter(isProxy)
        .map((container) => ({ container, pod })),
    )
    t.equal(proxies.length, 1)
    for (const { container, pod } of proxies) {
      await checkSettings(t, container, resources)
      checkProbes(t, container)
      checkContainer(t, container, pod)
    }
  })
}
