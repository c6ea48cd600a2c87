import t from 'tap'
import { request, FormData as UndiciForm, fetch as undiciFetch } from 'undici'
import { agentFor, camunda, pieces } from '../helpers/library.ts'

type NodesDispatcher = NonNullable<RequestInit['dispatcher']>

t.test('of undici, of its fetch and of that of Node, with every kind of body as it was', async (t) => {
  const { cluster, idp } = await camunda(t)
  const { agent } = agentFor(t, { cluster, idp })
  const url = `${cluster.url}/v2/topology?a=%2F`
  // Node has an undici of its own, whose types are another's to us.
  const dispatcher = agent as unknown as NodesDispatcher
  const form = new UndiciForm()
  form.set('name', 'value')
  const post = { method: 'POST', dispatcher: agent } as const
  const blob = new Blob(['a blob'])
  const sent: [string, () => Promise<{ status?: number; statusCode?: number }>, body: string][] = [
    ['request', () => request(url, { dispatcher: agent }), ''],
    ['request of a text', () => request(url, { ...post, body: 'a text' }), 'a text'],
    ['request of bytes', () => request(url, { ...post, body: Buffer.from('bytes') }), 'bytes'],
    ['request of an array', () => request(url, { ...post, body: new Uint8Array([97, 98]) }), 'ab'],
    ['request of a stream', () => request(url, { ...post, body: pieces('str', 'eam') }), 'stream'],
    ['request of a form', () => request(url, { ...post, body: form }), 'value'],
    ["undici's fetch", () => undiciFetch(url, { dispatcher: agent }), ''],
    ["undici's fetch of a text", () => undiciFetch(url, { ...post, body: 'a text' }), 'a text'],
    ["Node's fetch", () => fetch(url, { dispatcher }), ''],
    ["Node's fetch of a text", () => fetch(url, { method: 'POST', dispatcher, body: 'a text' }), 'a text'],
    ["Node's fetch of a blob", () => fetch(url, { method: 'POST', dispatcher, body: blob }), 'a blob'],
  ]
  for (const [name, send, body] of sent) {
    const answer = await send()
    t.equal(answer.status ?? answer.statusCode, 200, name)
    const seen = cluster.seen.at(-1)
    t.equal(seen?.url, '/v2/topology?a=%2F')
    t.equal(seen?.headers.authorization, 'Bearer token-1', name)
    if (body === 'value') t.match(String(seen?.body), /name="name"\r\n\r\nvalue/)
    else t.equal(String(seen?.body), body, name)
    if (body === 'a text') t.equal(seen?.headers['content-length'], '6', name)
  }
  t.equal(idp.requests.length, 1, 'one token for all of them')
})

t.test('it takes the place of what the program sent, however that is written', async (t) => {
  const { cluster, idp } = await camunda(t)
  const { agent } = agentFor(t, { cluster, idp })
  const kinds = [
    { Authorization: 'Bearer own', Cookie: 'a=b', 'x-kept': ['1', '2'] },
    ['Authorization', 'Bearer own', 'Cookie', 'a=b', 'x-kept', '1', 'x-kept', '2'],
    new Map<string, string | string[]>([
      ['authorization', 'Bearer own'],
      ['cookie', 'a=b'],
      ['x-kept', ['1', '2']],
    ]),
  ]
  for (const headers of kinds) {
    const answer = await request(`${cluster.url}/v2/topology`, { dispatcher: agent, headers })
    t.same(await answer.body.json(), { ok: true })
    const seen = cluster.seen.at(-1)
    t.equal(seen?.headers.authorization, 'Bearer token-1')
    t.equal(seen?.headers.cookie, undefined)
    t.equal(seen?.headers['x-kept'], '1, 2')
  }
})
