import { renameSync, rmSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { cluster, idp, tokenHash } from '../helpers/clusters.ts'
import { fileIn, runProxy } from '../helpers/proxy.ts'
import { until } from '../helpers/until.ts'

const callers = (...tokens: string[]) =>
  `callers:\n${tokens.map((token) => `  - { name: ${token}, tokenHash: '${tokenHash(token)}' }\n`).join('')}`

t.test('the new one holds within moments, a broken one does not', async (t) => {
  const [{ tokenUrl }, target] = [await idp(t), await cluster(t)]
  const path = fileIn(t, 'callers.yaml', callers('alpha'))
  const proxy = await runProxy(t, {
    clusterUrl: target.url,
    tokenUrl,
    env: { CAMUNDA_PROXY_CALLERS_FILE: path },
  })
  const status = async (token: string) =>
    (await fetch(`${proxy.url}/v2/x`, { headers: { 'x-camunda-proxy-token': token } })).status
  const reloads = () => proxy.logLines().filter(({ msg }) => String(msg).startsWith('the file of callers'))
  t.strictSame([await status('alpha'), await status('beta')], [200, 401])

  const changes: [() => void, number, object][] = [
    [() => writeFileSync(path, callers('beta', 'gamma')), 401, { level: 'info' }],
    [
      () => writeFileSync(path, `${callers('alpha')}  - { name: x, tokenHash: '${tokenHash('x')}0' }\n`),
      401,
      {
        level: 'error',
        faults: ['callers[1].tokenHash: expected the SHA-256 of the token: 64 hexadecimal digits in quotes'],
      },
    ],
    [() => writeFileSync(path, 'callers: ['), 401, { level: 'error', faults: [/valid YAML/] }],
    [() => rmSync(path), 401, { level: 'error', faults: [/readable file \(ENOENT\)/] }],
    [
      () => {
        writeFileSync(`${path}.new`, callers('alpha', 'beta'))
        renameSync(`${path}.new`, path)
      },
      200,
      { level: 'info' },
    ],
  ]
  for (const [i, [change, alpha, line]] of changes.entries()) {
    change()
    await until(() => reloads().length > i, `change ${i} was seen`)
    t.match(reloads().at(-1), line)
    t.strictSame([await status('alpha'), await status('beta')], [alpha, 200], `after change ${i}`)
  }
  t.notMatch(proxy.log(), new RegExp([...['alpha', 'beta', 'x'].map(tokenHash)].join('|')))
})
