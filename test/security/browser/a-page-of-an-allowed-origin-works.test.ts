import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { arrivals, grantLocalNetwork, noBrowser, openBrowser } from '../../helpers/browser.ts'
import type { Answer } from '../../helpers/fake-cluster.ts'
import { hostileSite } from '../../helpers/hostile-site.ts'
import { setUp } from '../../helpers/proxy.ts'

const TOKEN = 'a-long-random-caller-token'
const DOWNLOAD_BYTES = 3 * 1024 * 1024

/** What the cluster answers, without a word on origins. */
const answer: Answer = ({ method, url, body }, response) => {
  if (url === '/v2/missing') {
    response.writeHead(404, { 'content-type': 'application/problem+json' }).end('{"title":"none"}')
  } else if (url === '/v2/download') {
    response.writeHead(200, { 'content-disposition': 'attachment; filename="x"', etag: '"1"' })
    response.write(Buffer.alloc(DOWNLOAD_BYTES - 1))
    setImmediate(() => response.end('x'))
  } else {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ method, body: String(body) }))
  }
}

interface Lab {
  page: Page
  /** Makes the page fetch `/v2/…` and says what it could read. */
  fetch(path: string, init?: object): Promise<unknown>
  seen: ReturnType<typeof arrivals>
  clusterSaw(): number
  url: string
}

/** A page of a site, and a proxy that allows what `allowed` makes of the site's origin. */
async function lab(
  t: Test,
  allowed: (site: string) => string,
  { env = {}, isPublic = false }: { env?: Record<string, string>; isPublic?: boolean } = {},
): Promise<Lab> {
  const port = await hostileSite(t)
  const site = `http://${isPublic ? '127.0.0.1' : 'app.test'}:${port}`
  const { proxy, cluster } = await setUp(t, {
    answer,
    env: { CAMUNDA_PROXY_ALLOWED_ORIGINS: allowed(site), ...env },
  })
  const seen = arrivals(proxy.app.gateway.server)
  const browser = await openBrowser(t, isPublic ? [port] : [])
  const page = await (await browser.newContext()).newPage()
  if (isPublic) await grantLocalNetwork(page, site)
  await page.goto(`${site}/page`)
  const read = `(async ([url, init]) => {
    const headers = ['content-disposition', 'etag', 'proxy-status', 'retry-after', 'server']
    try {
      const answer = await fetch(url, init)
      const { byteLength } = await answer.clone().arrayBuffer()
      const known = headers.filter((name) => answer.headers.has(name))
      return { status: answer.status, byteLength, known, body: byteLength < 1000 ? await answer.json() : undefined }
    } catch { return 'nothing' }
  })`
  return {
    page,
    fetch: (path, init = {}) => page.evaluate(`${read}(${JSON.stringify([proxy.url + path, init])})`),
    seen,
    clusterSaw: cluster.begun,
    url: proxy.url,
  }
}

const json = (method: string, headers = {}) => ({
  method,
  headers: { 'content-type': 'application/json', ...headers },
  body: '{"a":1}',
})

t.test('it reads, writes, downloads, and is told what went wrong', { skip: noBrowser() }, async (t) => {
  const { fetch, seen, page, url } = await lab(t, (site) => `https://other.example,${site}`)
  t.match(await fetch('/v2/x'), { status: 200, body: { method: 'GET' } })
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    t.match(await fetch('/v2/x', json(method)), { status: 200, body: { method, body: '{"a":1}' } }, method)
  const preflights = seen.filter(({ method }) => method === 'OPTIONS')
  t.strictSame(
    preflights.map(({ status }) => status),
    [204],
    'one preflight for all of them: the browser remembers',
  )
  t.match(await fetch('/v2/download'), {
    status: 200,
    byteLength: DOWNLOAD_BYTES,
    known: ['content-disposition', 'etag'],
  })
  t.match(await fetch('/v2/missing'), { status: 404, known: [], body: { title: 'none' } })
  t.match(await fetch('/elsewhere', json('POST')), {
    status: 404,
    known: ['proxy-status'],
    body: { type: 'urn:camunda-auth-proxy:problem:path-not-allowed' },
  })
  const streamed = await page.evaluate(`(async () => {
    const reader = (await fetch('${url}/v2/download')).body.getReader()
    let chunks = 0
    while (!(await reader.read()).done) chunks++
    return chunks
  })()`)
  t.ok(Number(streamed) > 1, 'piece by piece')
})

t.test(
  'it has no cookies to send, and may load nothing in ways that do not say where it comes from',
  {
    skip: noBrowser(),
  },
  async (t) => {
    const { fetch, clusterSaw, page, url } = await lab(t, (site) => site)
    t.equal(await fetch('/v2/x', { ...json('POST'), credentials: 'include' }), 'nothing')
    t.equal(clusterSaw(), 0)
    t.equal(await fetch('/v2/x', { mode: 'no-cors' }), 'nothing')
    const image = `new Promise((resolve) => {
    const image = new Image()
    image.onload = image.onerror = ({ type }) => resolve(type)
    image.src = '${url}/v2/x'
  })`
    t.equal(await page.evaluate(image), 'error')
    t.equal(clusterSaw(), 0)
  },
)

t.test('with a caller token it has to send that, too', { skip: noBrowser() }, async (t) => {
  const { fetch, clusterSaw } = await lab(t, (site) => site, { env: { CAMUNDA_PROXY_CALLER_TOKEN: TOKEN } })
  t.match(await fetch('/v2/x', json('POST')), { status: 401, known: ['proxy-status'] })
  t.equal(clusterSaw(), 0)
  t.match(await fetch('/v2/x', json('POST', { 'x-camunda-proxy-token': TOKEN })), { status: 200 })
})

t.test('it may come from the internet, if the user says yes', { skip: noBrowser() }, async (t) => {
  const { fetch } = await lab(t, (site) => site, { isPublic: true })
  t.match(await fetch('/v2/x'), { status: 200 })
  t.match(await fetch('/v2/x', json('POST')), { status: 200, body: { method: 'POST' } })
})

t.test('the same page is refused where another origin is allowed', { skip: noBrowser() }, async (t) => {
  const others = (site: string) =>
    ['http://app.test:1', site.replace('http:', 'https:'), 'http://app.test'].join(',')
  const { fetch, clusterSaw, seen } = await lab(t, others)
  for (const init of [{}, json('POST'), { method: 'POST', body: 'x' }])
    t.equal(await fetch('/v2/x', init), 'nothing')
  t.strictSame(
    seen.map(({ method, status }) => [method, status]),
    [
      ['GET', 403],
      ['OPTIONS', 403],
      ['POST', 403],
    ],
  )
  t.equal(clusterSaw(), 0)
})
