import { type Container, containersOf, type Pod } from './kubernetes.ts'

/**
 * The Pod Security Standard "restricted", which takes "baseline" in:
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
const ofPods: Record<string, (pod: Pod) => boolean> = {
  'host namespaces': ({ hostNetwork, hostPID, hostIPC }) => !hostNetwork && !hostPID && !hostIPC,
  sysctls: ({ securityContext }) =>
    (securityContext?.sysctls ?? []).every(({ name }) => SAFE_SYSCTLS.includes(name)),
  'volume types': ({ volumes = [] }) =>
    volumes.every((volume) => Object.keys(volume).every((key) => key === 'name' || VOLUMES.includes(key))),
}

const ofContainers: Record<string, (container: Container, pod: Pod) => boolean> = {
  privileged: ({ securityContext }) => securityContext?.privileged !== true,
  'privilege escalation': ({ securityContext }) => securityContext?.allowPrivilegeEscalation === false,
  capabilities: ({ securityContext }) => {
    const { add = [], drop = [] } = securityContext?.capabilities ?? {}
    return drop.includes('ALL') && add.every((name) => name === 'NET_BIND_SERVICE')
  },
  'host ports': ({ ports = [] }) => ports.every(({ hostPort = 0 }) => hostPort === 0),
  'proc mount': ({ securityContext }) => [undefined, 'Default'].includes(securityContext?.procMount),
  'running as root': (container, pod) => {
    const { runAsNonRoot, runAsUser } = { ...pod.securityContext, ...container.securityContext }
    return runAsNonRoot === true && runAsUser !== 0 && pod.securityContext?.runAsUser !== 0
  },
  seccomp: (container, pod) => {
    const { seccompProfile } = { ...pod.securityContext, ...container.securityContext }
    return ['RuntimeDefault', 'Localhost'].includes(seccompProfile?.type ?? '')
  },
  AppArmor: (container, pod) =>
    [pod, container].every(({ securityContext }) =>
      [undefined, 'RuntimeDefault', 'Localhost'].includes(securityContext?.appArmorProfile?.type),
    ),
  SELinux: (container, pod) =>
    [pod, container].every(({ securityContext }) => {
      const { type, user = '', role = '' } = securityContext?.seLinuxOptions ?? {}
      return SELINUX_TYPES.includes(type ?? '') && user === '' && role === ''
    }),
  'host processes': (container, pod) =>
    [pod, container].every(({ securityContext }) => securityContext?.windowsOptions?.hostProcess !== true),
  'hosts of probes': ({ startupProbe, readinessProbe, livenessProbe, lifecycle }) =>
    [startupProbe, readinessProbe, livenessProbe, lifecycle?.postStart, lifecycle?.preStop].every(
      (handler) => !handler?.httpGet?.host && !handler?.tcpSocket?.host,
    ),
}

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]
const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']
const SAFE_SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
]

/** What keeps a pod out of a namespace that enforces "restricted": nothing, if all is well. */
export function notRestricted(pod: Pod): string[] {
  const failed = <A extends unknown[]>(rules: Record<string, (...args: A) => boolean>, ...args: A) =>
    Object.entries(rules).flatMap(([name, holds]) => (holds(...args) ? [] : [name]))
  return [
    ...failed(ofPods, pod),
    ...containersOf(pod).flatMap((container) =>
      failed(ofContainers, container, pod).map((name) => `${container.name}: ${name}`),
    ),
  ]
}
