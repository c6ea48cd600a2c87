import t from 'tap'
import { certificateAuthority } from '../helpers/certificate.ts'
import { idp } from '../helpers/clusters.ts'
import { fileIn } from '../helpers/proxy.ts'
import { oauth, reloadLab } from '../helpers/reload-lab.ts'
import { tlsServer } from '../helpers/tls-server.ts'
import { until } from '../helpers/until.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

t.test('the credential and the connections of a long poll, and not before', async (t) => {
  const authority = certificateAuthority()
  const polls: (() => void)[] = []
  const cluster = await tlsServer(t, authority.server(), (request, response) => {
    if (request.url === '/v2/poll') polls.push(() => response.end('polled'))
    else response.end('ok')
  })
  const providers = { one: await idp(t), two: await idp(t) }
  const config = (client: keyof typeof providers) => {
    const ca = fileIn(t, `${client}.pem`, authority.cert)
    const text = oauth(cluster.origin, providers[client].tokenUrl, 'right', `tlsCaFile: ${ca}`)
    return text.replace('clientId: one', `clientId: ${client}`)
  }
  const clock = new VirtualClock()
  const { proxy, reload } = await reloadLab(t, config('one'), { clock })
  const get = async (path: string) => (await fetch(`${proxy.url}${path}`)).text()
  const polled = get('/v2/poll')
  await until(() => polls.length === 1, 'the long poll is there')
  const before = proxy.app.keeper
  await reload(config('two'))
  t.equal(await get('/v2/topology'), 'ok')
  t.equal(cluster.connections(), 2)
  await clock.advance(60_000)
  const refused = before?.peek()
  if (refused !== undefined) void before?.reject(refused)
  await until(() => providers.one.requests.length === 2, 'a 401 of the poll is still worth a renewal')
  polls[0]?.()
  t.equal(await polled, 'polled')
  await until(() => cluster.connections() === 1, 'the connections are closed')
  t.equal(await get('/v2/topology'), 'ok')
})
