/**
 * The promises in numbers, each shown in a run of the real program: `node bench/numbers.mjs [NAME …]`.
 * Prints a line for each and exits with 1 if one is not kept.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { labCluster, labIdp, labProxy, steadily } from './lab.mjs'

const MB = 1_000_000
const MIB = 1_048_576

let broken = 0
function promise(what, kept, figures) {
  if (!kept) broken++
  process.stdout.write(`${kept ? 'kept  ' : 'BROKEN'}  ${what}: ${figures}\n`)
}

const small = (request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
}

async function withLab({ idp: idpOptions, answer = small, args = [] }, run) {
  const idp = await labIdp(idpOptions)
  const cluster = await labCluster(idp, answer)
  const proxy = await labProxy(idp.url, cluster.url, args)
  try {
    await run({ idp, cluster, proxy })
  } finally {
    await proxy.stop()
    cluster.close()
    idp.close()
  }
}

const tally = (statuses) =>
  JSON.stringify(
    Object.fromEntries([...new Set(statuses)].map((s) => [s, statuses.filter((x) => x === s).length])),
  )

const scenarios = {
  async cold() {
    await withLab({ idp: { latencyMs: 200 } }, async ({ idp, proxy }) => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${proxy.url}/v2/topology`)))
      const statuses = answers.map((answer) => answer.status)
      promise(
        '50 callers at a cold start',
        statuses.every((s) => s === 200) && idp.requests === 1,
        `${tally(statuses)}, ${idp.requests} token request(s)`,
      )
    })
  },

  async steady() {
    await withLab({ idp: { latencyMs: 200, lifetimeS: 12 } }, async ({ idp, proxy, cluster }) => {
      await proxy.ready()
      const statuses = []
      let slowest = 0
      await steadily(`${proxy.url}/v2/topology`, 20, 30, (status, ms) => {
        statuses.push(status)
        slowest = Math.max(slowest, ms)
      })
      const kept =
        statuses.every((s) => s === 200) && slowest <= 150 && idp.requests <= 5 && cluster.refused === 0
      promise(
        'tokens of 12 s, 20 requests/s, 30 s',
        kept,
        `${tally(statuses)}, slowest ${slowest.toFixed(0)} ms, ${idp.requests} token requests`,
      )
    })
  },

  async outage() {
    await withLab({ idp: { latencyMs: 200, lifetimeS: 12 } }, async ({ idp, proxy }) => {
      await proxy.ready()
      const statuses = []
      let slowest = 0
      let slowest503 = 0
      const report = (status, ms) => {
        statuses.push(status)
        slowest = Math.max(slowest, ms)
        if (status === 503) slowest503 = Math.max(slowest503, ms)
      }
      await steadily(`${proxy.url}/v2/topology`, 20, 5, report)
      const before = idp.requests
      idp.broken = true
      await steadily(`${proxy.url}/v2/topology`, 20, 24, report)
      const asked = idp.requests - before
      idp.broken = false
      const healedAt = performance.now()
      let back = Number.NaN
      while (Number.isNaN(back) && performance.now() - healedAt < 10_000) {
        if ((await fetch(`${proxy.url}/v2/topology`)).status === 200) back = performance.now() - healedAt
        else await sleep(50)
      }
      const kept =
        statuses.every((s) => s === 200 || s === 503) && slowest <= 2_000 && asked <= 10 && back <= 5_000
      promise(
        'identity provider resets for 24 s',
        kept,
        `${tally(statuses)}, longest wait ${slowest.toFixed(0)} ms (503: ${slowest503.toFixed(0)} ms), ${asked} token requests, back after ${(back / 1_000).toFixed(1)} s`,
      )
    })
  },

  async revoked() {
    const drain = (request, response) => request.on('end', () => response.end('ok')).resume()
    await withLab({ idp: { latencyMs: 50 }, answer: drain }, async ({ idp, proxy }) => {
      await proxy.ready()
      idp.revokeAll()
      const init = { method: 'POST', body: 'x'.repeat(10_000) }
      const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${proxy.url}/v2/x`, init)))
      const statuses = answers.map((answer) => answer.status)
      promise(
        'token revoked, 50 small bodies',
        statuses.every((s) => s === 200) && idp.requests === 2,
        `${tally(statuses)}, ${idp.requests - 1} new token(s)`,
      )
      await sleep(6_000)
      idp.revokeAll()
      const large = await fetch(`${proxy.url}/v2/x`, { method: 'POST', body: Buffer.alloc(8 * MIB) }).then(
        (a) => a.status,
        () => 0,
      )
      await sleep(500)
      const next = (await fetch(`${proxy.url}/v2/x`, init)).status
      promise(
        'token revoked, a body of 8 MiB',
        [200, 401].includes(large) && next === 200,
        `it ${large}, the next call ${next}`,
      )
    })
  },

  async streams() {
    const hashes = { up: '', down: '' }
    const answer = (request, response) => {
      if (request.method === 'GET') return void pour(response, 256 * MIB, (hash) => (hashes.down = hash))
      const hash = createHash('sha256')
      request
        .on('data', (chunk) => hash.update(chunk))
        .on('end', () => {
          hashes.up = hash.digest('hex')
          response.end('ok')
        })
    }
    await withLab({ answer }, async ({ proxy }) => {
      await proxy.ready()
      await fetch(`${proxy.url}/v2/x`, { method: 'POST', body: 'warm' })
      const idle = proxy.memory()
      let peak = idle
      const watch = setInterval(() => {
        peak = Math.max(peak, proxy.memory())
      }, 50)
      const sent = await new Promise((resolve, reject) => {
        const call = httpRequest(`${proxy.url}/v2/documents`, { method: 'POST', agent: false }, (response) =>
          response.resume(),
        )
        call.on('error', reject)
        void pour(call, 512 * MIB, resolve)
      })
      const until = performance.now() + 10_000
      while (hashes.up === '' && performance.now() < until) await sleep(20)
      const upPeak = peak - idle
      const read = await slowRead(`${proxy.url}/v2/documents/1`)
      clearInterval(watch)
      const same = sent === hashes.up && read === hashes.down
      const figures = `${(upPeak / MB).toFixed(0)} MB over idle going up, ${((peak - idle) / MB).toFixed(0)} MB in all, ${same ? 'every byte the same' : 'BYTES DIFFER'}`
      promise('512 MiB up, 256 MiB down to a slow reader', same && peak - idle <= 100 * MB, figures)
    })
  },

  async crowd() {
    const answer = (request, response) =>
      request.url.endsWith('/activation') ? request.resume() : small(request, response)
    await withLab({ answer }, async ({ proxy, cluster }) => {
      await proxy.ready()
      const answers = await Promise.all(
        Array.from({ length: 2_000 }, () => fetch(`${proxy.url}/v2/topology`)),
      )
      const statuses = answers.map((a) => a.status)
      promise(
        '2,000 requests at once',
        statuses.every((s) => s === 200),
        tally(statuses),
      )
      await Promise.all(answers.map((a) => a.arrayBuffer()))
      const calls = Array.from({ length: 20 }, () => {
        const call = httpRequest(`${proxy.url}/v2/jobs/activation`, { method: 'POST', agent: false })
        call.on('error', () => {})
        return call.end('{}')
      })
      while (cluster.open < 20) await sleep(10)
      for (const call of calls) call.destroy()
      await sleep(1_000)
      promise(
        '20 callers that leave a long poll',
        cluster.open === 0,
        `${cluster.open} upstream requests open after 1 s`,
      )
    })
  },

  async start() {
    const times = []
    const idle = []
    for (let i = 0; i < 5; i++) {
      await withLab({}, async ({ proxy }) => {
        times.push(await proxy.ready())
        await sleep(1_000)
        idle.push(proxy.memory() / MB)
      })
    }
    const [time, memory] = [sorted(times), sorted(idle)]
    promise('start to ready, median of 5', time[2] < 500, `${time[2]} ms (${time[0]} to ${time[4]})`)
    promise(
      'idle memory, median of 5',
      memory[2] < 90,
      `${memory[2]} MB resident (${memory[0]} to ${memory[4]})`,
    )
  },

  async clusters() {
    const entries = Array.from(
      { length: 300 },
      (_, i) => `  c${i}: { restAddress: 'http://localhost:9/${i}', clientId: c${i}, clientSecret: s${i} }`,
    )
    const few = await idleMemory(entries.slice(0, 1))
    const many = await idleMemory(entries)
    const each = (many.memory - few.memory) / 299
    promise(
      'a cluster that is configured and not called',
      each < 50_000 && many.requests === 1,
      `${(each / 1_000).toFixed(1)} kB resident (of 300), ${many.requests - 1} token requests for them`,
    )
  },
}

/** Of a proxy with these clusters that nobody calls: its memory in bytes, the median of 3, and its token requests. */
async function idleMemory(entries) {
  const folder = mkdtempSync(join(tmpdir(), 'clusters-'))
  const config = join(folder, 'config.yaml')
  writeFileSync(config, ['clusters:', ...entries].join('\n'))
  const runs = []
  for (let i = 0; i < 3; i++) {
    await withLab({ args: ['--config', config] }, async ({ idp, proxy }) => {
      await proxy.ready()
      await sleep(1_000)
      runs.push({ memory: proxy.memory(), requests: idp.requests })
    })
  }
  rmSync(folder, { recursive: true })
  return runs.sort((a, b) => a.memory - b.memory)[1]
}

const sorted = (values) => values.map(Math.round).sort((a, b) => a - b)

/** Writes pseudo-random bytes no faster than they are taken, and hands their digest over. */
async function pour(stream, bytes, onDigest) {
  const hash = createHash('sha256')
  const block = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 2_654_435_761) >>> 24))
  for (let sent = 0; sent < bytes; sent += block.length) {
    block.writeUInt32LE(sent >>> 16, 0)
    const chunk = Buffer.from(block)
    hash.update(chunk)
    if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve))
  }
  stream.end()
  onDigest(hash.digest('hex'))
}

/** Reads with pauses, and returns the digest of what came. */
async function slowRead(url) {
  const hash = createHash('sha256')
  let pauses = 0
  for await (const chunk of (await fetch(url)).body) {
    hash.update(chunk)
    if (pauses++ % 64 === 0) await sleep(20)
  }
  return hash.digest('hex')
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(scenarios)
for (const name of names) await scenarios[name]()
process.exitCode = broken === 0 ? 0 : 1
