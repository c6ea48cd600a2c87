/** How each proxy is started: ours, and those that it stands beside. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { labIdp, labProxy } from './lab.mjs'
import { complaints, freePort, launch, listening, stop } from './launch.mjs'
import { launchNginx } from './nginx.mjs'

/**
 * @typedef {object} Place
 * @property {string} folder a temporary one
 * @property {string} cores
 * @property {string} upstream the cluster's origin
 * @property {string | undefined} ca a file, for a cluster with TLS
 * @property {string} authorization what the peers send
 * @property {{ allow(number: number): void, refuse(number: number): void }} cluster whose tokens these are
 * @property {number} [tokenLifetimeS] of ours, a day unless told otherwise
 * @property {string[]} [nodeFlags] for ours
 * @property {string} goProgram where the Go program is built
 *
 * @typedef {object} Proxy
 * @property {string} url
 * @property {number} pid
 * @property {number} warmUpCpuSeconds how much it must have worked before it is measured
 * @property {() => Promise<void>} stop
 * @property {() => number} [tokenRequests] of ours, so far
 * @property {() => string} [log] of ours, so far
 */

const DAY_S = 86_400

/** Measured: what is compiled as it runs gets no faster after so much work; what is compiled before needs hardly any. */
const inJavaScript = { needs: [], warmUpCpuSeconds: 1.8 }
const compiled = { warmUpCpuSeconds: 0.4 }

/** What makes the most of nginx for big bodies; its defaults of 8 KiB to 16 KiB cost it many system calls. */
const LARGE_BUFFERS = `client_body_buffer_size 128k;
      proxy_buffer_size 64k;
      proxy_buffers 8 64k;
      proxy_max_temp_file_size 0;`

/**
 * In the order of the tables: a name for the command line, one for the eye, what it needs, and how it is started; and
 * the cases in which it takes part, if not in all.
 */
export const proxies = {
  ours: { label: 'camunda-auth-proxy', ...inJavaScript, start: ours },
  nginx: { label: 'nginx', needs: ['nginx'], ...compiled, start: nginx },
  nginxLarge: {
    label: 'nginx, larger buffers',
    needs: ['nginx'],
    ...compiled,
    start: (place) => nginx(place, LARGE_BUFFERS),
    only: ['up', 'down'],
  },
  caddy: { label: 'Caddy', needs: ['caddy'], ...compiled, start: caddy },
  go: { label: 'Go ReverseProxy', needs: ['go'], ...compiled, build: buildGo, start: go },
  bare: { label: 'bare node:http + undici', ...inJavaScript, start: inNode('bare.mjs') },
  fastify: { label: '@fastify/http-proxy', ...inJavaScript, start: inNode('fastify-http-proxy.mjs') },
  middleware: { label: 'http-proxy-middleware', ...inJavaScript, start: inNode('http-proxy-middleware.mjs') },
}

/** The built program with everything on, as it is without a setting that is not needed. */
async function ours({ cores, upstream, ca, cluster, tokenLifetimeS = DAY_S, nodeFlags }) {
  const idp = await identityProvider(cluster, tokenLifetimeS)
  const env = ca === undefined ? {} : { CAMUNDA_MTLS_CA_PATH: ca }
  const proxy = await labProxy(idp.url, upstream, [], { cores, env, nodeFlags })
  await proxy.ready()
  return {
    url: proxy.url,
    pid: proxy.pid,
    log: proxy.log,
    tokenRequests: () => idp.requests,
    async stop() {
      await proxy.stop()
      idp.close()
    },
  }
}

/** Its tokens are good for the cluster from the moment they are given until their life is over. */
async function identityProvider(cluster, lifetimeS) {
  const timers = []
  const onToken = (number) => {
    cluster.allow(number)
    timers.push(setTimeout(() => cluster.refuse(number), lifetimeS * 1_000).unref())
  }
  const idp = await labIdp({ lifetimeS, onToken })
  const { close } = idp
  idp.close = () => {
    timers.forEach(clearTimeout)
    close()
  }
  return idp
}

async function nginx({ folder, cores, upstream, ca, authorization }, buffers = '') {
  const { protocol, host } = new URL(upstream)
  const tls =
    ca &&
    `proxy_ssl_verify on;
      proxy_ssl_trusted_certificate ${ca};
      proxy_ssl_name localhost;`
  const port = await freePort()
  const http = `
  upstream cluster { server ${host}; keepalive 1024; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=2048;
    location / {
      proxy_pass ${protocol}//cluster;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_set_header Connection "";
      proxy_set_header Authorization "${authorization}";
      ${buffers}
      ${tls ?? ''}
    }
  }`
  const child = await launchNginx({ folder: join(folder, `nginx-${port}`), port, cores, http })
  return running(child, port)
}

async function caddy({ folder, cores, upstream, ca, authorization }) {
  const port = await freePort()
  const home = join(folder, `caddy-${port}`)
  mkdirSync(home)
  const file = join(home, 'Caddyfile')
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
  log {
    level ERROR
  }
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  reverse_proxy ${upstream} {
    header_up Authorization "${authorization}"
    transport http {
      keepalive_idle_conns_per_host 1024
      ${ca === undefined ? '' : `tls_trusted_ca_certs ${ca}`}
    }
  }
}
`,
  )
  const env = { PATH: process.env.PATH, HOME: home, GOMAXPROCS: '1' }
  const child = launch('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], { cores, env })
  await listening(port, child, complaints(child))
  return running(child, port)
}

/** Throws if it cannot be built. */
function buildGo(program) {
  const source = fileURLToPath(new URL('peers/reverse-proxy.go', import.meta.url))
  const env = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '' }
  execFileSync('go', ['build', '-o', program, source], { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function go(place) {
  return startPeer(place.goProgram, [], place)
}

function inNode(file) {
  const script = fileURLToPath(new URL(`peers/${file}`, import.meta.url))
  return (place) => startPeer(process.execPath, [script], place)
}

async function startPeer(command, args, { cores, upstream, ca, authorization }) {
  const port = await freePort()
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    GOMAXPROCS: '1',
    BENCH_PORT: String(port),
    BENCH_UPSTREAM: upstream,
    BENCH_AUTHORIZATION: authorization,
    ...(ca && { BENCH_CA: ca }),
  }
  const child = launch(command, args, { cores, env })
  await listening(port, child, complaints(child))
  return running(child, port)
}

/** @returns {Proxy} */
function running(child, port) {
  return { url: `http://127.0.0.1:${port}`, pid: child.pid, stop: () => stop(child) }
}
