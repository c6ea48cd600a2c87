/** The cluster that all proxies forward to: nginx, and for long polls a server of its own. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { freePort, stop } from './launch.mjs'
import { launchNginx } from './nginx.mjs'

const KIB = 1_024
export const TOKEN_BYTES = 900

/** Padded to the length of all: the cluster tells tokens apart by their number. */
export const tokenOf = (number) => `token-${number}-`.padEnd(TOKEN_BYTES, 'x')

/** What callers ask for, and how much of it. */
export const calls = {
  topology: { method: 'GET', path: '/v2/topology', bodyBytes: 0, answerBytes: 226 },
  search: {
    method: 'POST',
    path: '/v2/process-instances/search',
    bodyBytes: 2 * KIB,
    answerBytes: 10 * KIB,
  },
  upload: { method: 'POST', path: '/v2/documents', bodyBytes: KIB * KIB, answerBytes: 226 },
  download: { method: 'GET', path: '/v2/documents/1', bodyBytes: 0, answerBytes: 10 * KIB * KIB },
}

/**
 * Starts the cluster, on plain http and on TLS. It refuses every request without a token that is valid now, which it
 * knows by a file with the token's number.
 * @param {{ folder: string, cores: string }} options
 */
export async function launchCluster({ folder, cores }) {
  const [tokens, answers] = ['tokens', 'answers'].map((name) => join(folder, name))
  for (const each of [tokens, answers]) mkdirSync(each, { recursive: true })
  writeFileSync(join(answers, 'search.json'), json(calls.search.answerBytes))
  writeFileSync(join(answers, 'document'), Buffer.alloc(calls.download.answerBytes, 'camunda '))
  const ca = certificates(folder)
  const [port, tlsPort] = [await freePort(), await freePort()]
  const http = clusterConfiguration({ folder, tokens, answers, port, tlsPort })
  const child = await launchNginx({ folder: join(folder, 'nginx'), port, cores, http })
  return {
    port,
    tlsPort,
    ca,
    allow: (number) => writeFileSync(join(tokens, `token-${number}`), ''),
    refuse: (number) => rmSync(join(tokens, `token-${number}`), { force: true }),
    stop: () => stop(child),
  }
}

/** JSON of exactly so many bytes. */
function json(bytes) {
  const [head, tail] = ['{"clusterSize":3,"gatewayVersion":"8.8.0","brokers":["', '"]}']
  return head + 'x'.repeat(bytes - head.length - tail.length) + tail
}

/**
 * A body is read whole before it is answered: mirroring makes nginx do that, for a location that drops it. A POST to
 * a file is then refused with 405, which becomes the answer by way of error_page.
 */
function clusterConfiguration({ folder, tokens, answers, port, tlsPort }) {
  const small = json(calls.topology.answerBytes)
  return `
  default_type application/json;
  map $http_authorization $token { "~^Bearer (?<number>token-\\d+)-x+$" $number; }
  server {
    listen 127.0.0.1:${port} backlog=2048;
    listen 127.0.0.1:${tlsPort} ssl backlog=2048;
    ssl_certificate ${join(folder, 'cluster.pem')};
    ssl_certificate_key ${join(folder, 'cluster.key')};
    ssl_protocols TLSv1.2 TLSv1.3;
    client_body_buffer_size 2m;
    if (!-f ${tokens}/$token) { return 401; }
    location = ${calls.topology.path} { return 200 '${small}'; }
    location = /read { internal; return 204; }
    location = ${calls.search.path} { mirror /read; root /nowhere; error_page 404 405 =200 /answers/search.json; }
    location = ${calls.upload.path} { mirror /read; root /nowhere; error_page 404 405 =200 /answers/small; }
    location = /answers/small { internal; return 200 '${small}'; }
    location = /answers/search.json { internal; open_file_cache max=10; alias ${join(answers, 'search.json')}; }
    location = ${calls.download.path} { open_file_cache max=10; alias ${join(answers, 'document')}; }
  }
`
}

/** A certificate authority of an hour or two, and what it issues for this machine; returns the authority's file. */
function certificates(folder) {
  const file = (name) => join(folder, name)
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const ca = file('ca.pem')
  openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '2',
    '-subj',
    '/CN=bench authority',
    '-keyout',
    file('ca.key'),
    '-out',
    ca,
  )
  const request = ['-subj', '/CN=localhost', '-keyout', file('cluster.key'), '-out', file('cluster.csr')]
  openssl('req', ...key, ...request)
  writeFileSync(file('extensions'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  const issuer = ['-CA', ca, '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2']
  const issued = ['-extfile', file('extensions'), '-out', file('cluster.pem')]
  openssl('x509', '-req', '-in', file('cluster.csr'), ...issuer, ...issued)
  return ca
}

/** A cluster of long polls, in this process: it holds every activation of jobs until they are released. */
export async function launchLongPolls() {
  const held = new Set()
  let released = false
  const answer = (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"jobs":[]}')
  const server = createServer((request, response) => {
    request.resume()
    if (!/^Bearer token-\d+-x+$/.test(request.headers.authorization ?? ''))
      return response.writeHead(401).end()
    if (released || request.method === 'GET') return answer(response)
    held.add(response)
    return response.once('close', () => held.delete(response))
  })
  server.keepAliveTimeout = 60_000
  server.listen({ port: 0, host: '127.0.0.1', backlog: 2_048 })
  await once(server, 'listening')
  return {
    port: server.address().port,
    held: () => held.size,
    release() {
      released = true
      for (const response of held) answer(response)
    },
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
