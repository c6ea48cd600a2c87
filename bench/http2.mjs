/**
 * What HTTP/2 to the cluster costs and brings: `node bench/http2.mjs [SECONDS]`, after a build, with wrk on the path.
 * The whole gateway forwards small answers of a cluster that speaks both, over TLS, for 64 callers; each part is a
 * process of its own. Prints a table: requests a second, and the processor time that one costs the proxy.
 */
import { execFileSync, fork } from 'node:child_process'
import { Console } from 'node:console'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const CALLERS = 64
const ANSWER = JSON.stringify({ items: Array.from({ length: 10 }, (_, key) => ({ key, state: 'CREATED' })) })
const [role, ...args] = process.argv.slice(2)

const roles = {
  async cluster(folder) {
    const [key, cert] = ['key.pem', 'cert.pem'].map((file) => readFileSync(join(folder, file)))
    const server = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
      request.resume()
      response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER)
    })
    let connections = 0
    server.on('secureConnection', () => connections++)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    process.on('message', () => {
      process.send({ connections })
      connections = 0
    })
    process.send({ port: server.address().port })
  },

  async proxy(folder, clusterPort, http2) {
    const { buildGateway } = await import('../dist/gateway/gateway.js')
    const { InForce, Rules } = await import('../dist/gateway/in-force.js')
    const { guardPolicy } = await import('../dist/gateway/guard.js')
    const { clusterDispatcher } = await import('../dist/upstream/dispatcher.js')
    const { Secret } = await import('../dist/config/secrets.js')
    const { parseBaseUrl } = await import('../dist/config/base-url.js')
    const headers = ['authorization', `Bearer ${'x'.repeat(900)}`]
    const credential = {
      headers,
      generation: 1,
      acquiredAt: 0,
      renewAt: 1e15,
      usableUntil: 1e15,
      session: undefined,
    }
    const tls = { ca: Secret.ofFile(join(folder, 'cert.pem')) }
    const keeper = {
      current: () => credential,
      accept() {},
      obtain: async () => credential,
      reject: async () => undefined,
    }
    const destination = {
      address: parseBaseUrl(`https://localhost:${clusterPort}`),
      dispatcher: clusterDispatcher({ tls, egressProxy: undefined, http2: http2 === 'true' }, {}),
      hasSession: false,
      keeperFor: () => keeper,
    }
    const cluster = { apis: new Map([['v2', {}]]), scope: { readOnly: false, allow: [] } }
    const gateway = await buildGateway({
      inForce: new InForce(
        new Rules({
          destinations: { cluster: () => cluster, get: () => destination },
          callerCheck: () => undefined,
          maxReplayBytes: 262_144,
          guard: guardPolicy('127.0.0.1', [], undefined),
          accessLog: { answered() {}, refused() {}, abandoned() {} },
        }),
      ),
      pseudonym: 'bench',
      drainMs: 0,
      isDraining: () => false,
      onDefect: (error) => process.stderr.write(`${error.stack}\n`),
    })
    await gateway.listen({ host: '127.0.0.1', port: 0 })
    let since = process.cpuUsage()
    process.on('message', () => {
      const { user, system } = process.cpuUsage(since)
      process.send({ cpuMicros: user + system, megabytes: process.memoryUsage.rss() / 1e6 })
      since = process.cpuUsage()
    })
    process.send({ port: gateway.server.address().port })
  },
}

async function start(...of) {
  const child = fork(new URL(import.meta.url), of, { stdio: 'inherit' })
  const [{ port }] = await once(child, 'message')
  const ask = async () => {
    child.send('?')
    return (await once(child, 'message'))[0]
  }
  return { port, ask, stop: () => child.kill() }
}

function load(port, seconds) {
  const url = `http://127.0.0.1:${port}/v2/topology`
  const said = execFileSync('wrk', ['-t1', `-c${CALLERS}`, `-d${seconds}s`, '--latency', url], {
    encoding: 'utf8',
  })
  if (/Non-2xx|Socket errors/.test(said)) process.stderr.write(said)
  return {
    requests: Number(/(\d+) requests in/.exec(said)[1]),
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(said)[1]),
    p99: /99%\s+(\S+)/.exec(said)[1],
  }
}

async function measure(folder, http2, seconds) {
  const cluster = await start('cluster', folder)
  const proxy = await start('proxy', folder, String(cluster.port), String(http2))
  try {
    load(proxy.port, 2)
    await proxy.ask()
    const { requests, rate, p99 } = load(proxy.port, seconds)
    const { cpuMicros, megabytes } = await proxy.ask()
    const { connections } = await cluster.ask()
    return {
      'requests/s': Math.round(rate),
      'CPU µs/request': Math.round(cpuMicros / requests),
      p99,
      'MB resident': Math.round(megabytes),
      connections,
    }
  } finally {
    proxy.stop()
    cluster.stop()
  }
}

async function main(seconds) {
  const folder = mkdtempSync(join(tmpdir(), 'http2-'))
  try {
    const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...files], { stdio: 'ignore' })
    const table = {}
    for (const round of [1, 2, 3])
      for (const http2 of [false, true])
        table[`HTTP/${http2 ? '2' : '1.1'}, round ${round}`] = await measure(folder, http2, seconds)
    new Console(process.stdout).table(table)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (role in roles) await roles[role](...args)
else await main(Number(role ?? 5))
