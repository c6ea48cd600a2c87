import t from 'tap'
import { everythingToApply, type Pod, podOf, resourcesIn } from '../helpers/kubernetes.ts'
import { notRestricted } from '../helpers/pod-security.ts'

for (const { name, yaml } of everythingToApply()) {
  const { text, missing } = yaml()
  t.test(name, { skip: missing ?? false }, (t) => {
    const pods = resourcesIn(text).flatMap((resource) => podOf(resource) ?? [])
    t.not(pods.length, 0)
    for (const pod of pods) {
      t.same(notRestricted(pod), [])
      t.equal(pod.automountServiceAccountToken, false, 'nor has it a token for the API of Kubernetes')
    }
    t.end()
  })
}

t.test('the check finds what it looks for', (t) => {
  const spoilt: [string, (pod: Pod, security: NonNullable<Pod['securityContext']>) => void][] = [
    ['host namespaces', (pod) => Object.assign(pod, { hostPID: true })],
    ['host namespaces', (pod) => Object.assign(pod, { hostIPC: true })],
    ['host namespaces', (pod) => Object.assign(pod, { hostNetwork: true })],
    ['volume types', (pod) => pod.volumes?.push({ name: 'x', hostPath: { path: '/' } })],
    ['volume types', (pod) => pod.volumes?.push({ name: 'x', nfs: {} })],
    ['sysctls', (pod) => Object.assign(pod.securityContext ?? {}, { sysctls: [{ name: 'kernel.msgmax' }] })],
    ['a: privileged', (_, security) => Object.assign(security, { privileged: true })],
    ['a: privilege escalation', (_, security) => delete security.allowPrivilegeEscalation],
    ['a: capabilities', (_, security) => delete security.capabilities],
    ['a: capabilities', (_, security) => security.capabilities?.add?.push('NET_ADMIN')],
    ['a: host ports', (pod) => pod.containers[0]?.ports?.push({ containerPort: 1, hostPort: 1 })],
    ['a: proc mount', (_, security) => Object.assign(security, { procMount: 'Unmasked' })],
    ['a: running as root', (_, security) => Object.assign(security, { runAsUser: 0 })],
    ['a: running as root', (_, security) => Object.assign(security, { runAsNonRoot: false })],
    ['a: running as root', (pod) => delete pod.securityContext?.runAsNonRoot],
    ['a: seccomp', (pod) => delete pod.securityContext?.seccompProfile],
    ['a: seccomp', (_, security) => Object.assign(security, { seccompProfile: { type: 'Unconfined' } })],
    ['a: AppArmor', (_, security) => Object.assign(security, { appArmorProfile: { type: 'Unconfined' } })],
    ['a: SELinux', (_, security) => Object.assign(security, { seLinuxOptions: { type: 'spc_t' } })],
    ['a: SELinux', (_, security) => Object.assign(security, { seLinuxOptions: { user: 'system_u' } })],
    [
      'a: host processes',
      (_, security) => Object.assign(security, { windowsOptions: { hostProcess: true } }),
    ],
    [
      'a: hosts of probes',
      (pod) =>
        Object.assign(pod.containers[0] ?? {}, {
          livenessProbe: { httpGet: { path: '/', port: 1, host: 'x' } },
        }),
    ],
  ]
  for (const [rule, spoil] of spoilt) {
    const security = { allowPrivilegeEscalation: false, capabilities: { add: [], drop: ['ALL'] } }
    const pod: Pod = {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ name: 'a', image: 'a', ports: [], securityContext: security }],
      volumes: [],
    }
    t.same(notRestricted(pod), [])
    spoil(pod, security)
    t.same(notRestricted(pod), [rule])
  }
  t.end()
})
