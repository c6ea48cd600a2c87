import { Agent, request } from 'node:http'
import t, { type Test } from 'tap'
import { type FakeCluster, streamingCluster } from '../helpers/fake-cluster.ts'
import { reloadLab } from '../helpers/reload-lab.ts'
import { until } from '../helpers/until.ts'

const CALLERS = 200
const RELOADS = 10

const config = ({ url }: FakeCluster) => `restAddress: ${url}\nauthStrategy: NONE\n`

/** Says who it is; of a long poll, when it is told to. */
async function named(t: Test, name: string) {
  const polls: (() => void)[] = []
  const cluster = await streamingCluster((request, response) => {
    const answer = () => response.end(name)
    if (request.url === '/v2/poll') polls.push(answer)
    else answer()
  })
  t.teardown(() => cluster.close())
  return { cluster, polls }
}

function get(
  url: string,
  agent: Agent,
): Promise<{ status: number | undefined; text: string; reused: boolean }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += String(chunk)
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode, text, reused: call.reusedSocket }))
    })
    call.on('error', reject).end()
  })
}

t.test('callers over connections that stay, and a long poll that began before all of it', async (t) => {
  const [one, other] = [await named(t, 'one'), await named(t, 'other')]
  const { proxy, reload } = await reloadLab(t, config(one.cluster))
  const agents = Array.from({ length: CALLERS }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
  t.teardown(() => agents.map((agent) => agent.destroy()))
  const url = `${proxy.url}/v2/topology`
  const poller = new Agent({ keepAlive: true })
  t.teardown(() => poller.destroy())
  const polled = get(`${proxy.url}/v2/poll`, poller)
  await until(() => one.polls.length === 1, 'the long poll is there')
  const heard = new Map<string, number>()
  const faults: unknown[] = []
  let isDone = false
  const calling = agents.map(async (agent) => {
    for (let first = true; !isDone; first = false) {
      const { status, text, reused } = await get(url, agent)
      heard.set(text, (heard.get(text) ?? 0) + 1)
      if (status !== 200 || reused === first) faults.push({ status, text, reused, first })
    }
  })
  for (let i = 1; i <= RELOADS; i++) {
    const { cluster } = i % 2 === 0 ? one : other
    const before = cluster.begun()
    await reload(config(cluster))
    await until(() => cluster.begun() > before, 'requests go where the new settings say')
  }
  isDone = true
  await Promise.all(calling)
  t.strictSame(faults, [])
  t.strictSame([...heard.keys()].sort(), ['one', 'other'])
  one.polls[0]?.()
  t.match(await polled, { status: 200, text: 'one' }, 'as it began')
})
