import t from 'tap'
import { certificateAuthority } from '../helpers/certificate.ts'
import { cluster, idp } from '../helpers/clusters.ts'
import { json } from '../helpers/fake-idp.ts'
import { fileIn } from '../helpers/proxy.ts'
import { oauth, reloadLab } from '../helpers/reload-lab.ts'
import { tlsServer } from '../helpers/tls-server.ts'

const [known, stranger] = [certificateAuthority('known'), certificateAuthority('stranger')]

t.test('that of a cluster, though there are connections that trusted another', async (t) => {
  const server = await tlsServer(t, known.server())
  const paths = {
    known: fileIn(t, 'known.pem', known.cert),
    stranger: fileIn(t, 'stranger.pem', stranger.cert),
  }
  const config = (who: keyof typeof paths) =>
    `restAddress: ${server.origin}\nauthStrategy: NONE\ntlsCaFile: ${paths[who]}\n`
  const { proxy, reload } = await reloadLab(t, config('known'))
  const called = async () => (await fetch(`${proxy.url}/v2/topology`)).status
  t.equal(await called(), 200)
  await reload(config('stranger'))
  t.equal(await called(), 502)
  await reload(config('known'))
  t.equal(await called(), 200)
})

t.test('that of the identity provider: one that is not trusted is not taken', async (t) => {
  const provider = await tlsServer(t, known.server(), (_request, response) =>
    json(response, 200, { access_token: 'token', expires_in: 300, token_type: 'Bearer' }),
  )
  const [first, one] = [await idp(t), await cluster(t)]
  const config = (authority: { cert: string }, name: string) =>
    oauth(one.url, `${provider.origin}/token`, 'right', `oauthTlsCaFile: ${fileIn(t, name, authority.cert)}`)
  const { proxy, reload } = await reloadLab(t, oauth(one.url, first.tokenUrl))
  const called = async () => (await fetch(`${proxy.url}/v2/topology`)).status
  await t.rejects(reload(config(stranger, 'stranger.pem')), { name: 'ReloadError', mayPass: true })
  t.equal(await called(), 200)
  t.equal(provider.clients.length, 0)
  await reload(config(known, 'known.pem'))
  t.equal(await called(), 200)
  t.equal(provider.clients.length, 1)
})
