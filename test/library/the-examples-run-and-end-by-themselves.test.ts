import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import ts from 'typescript'
import { camunda } from '../helpers/library.ts'
import { CLIENT_SECRET } from '../helpers/proxy.ts'

const TOPOLOGY = {
  brokers: [],
  clusterId: null,
  clusterSize: 1,
  partitionsCount: 1,
  replicationFactor: 1,
  gatewayVersion: '8.9.0',
  lastCompletedChangeId: '1',
}

t.test('each of them gets its answer with a token, and is over then', async (t) => {
  const { cluster, idp } = await camunda(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(TOPOLOGY))
  })
  const folder = t.testdir({})
  const env = {
    CAMUNDA_REST_ADDRESS: cluster.url,
    CAMUNDA_OAUTH_URL: idp.tokenUrl,
    CAMUNDA_CLIENT_ID: 'test-client',
    CAMUNDA_CLIENT_SECRET: CLIENT_SECRET,
  }
  const run = async (name: string) => {
    const source = readFileSync(join('examples', name), 'utf8')
    const path = join(folder, name.replace(/ts$/, 'mjs'))
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
    writeFileSync(path, ts.transpileModule(source, { compilerOptions }).outputText)
    const child = spawn(process.execPath, [path], { env })
    t.teardown(() => child.kill('SIGKILL'))
    const code = new Promise((resolve) => child.once('close', resolve))
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
    t.equal(await code, 0, `${name}: ${errors}`)
    t.match(output, /^200 /, name)
  }
  const names = readdirSync('examples')
  await Promise.all(names.map(run))
  t.ok(names.length >= 5)
  t.equal(cluster.seen.length, names.length)
  t.ok(cluster.seen.every(({ headers }) => headers.authorization?.startsWith('Bearer token-')))
})
