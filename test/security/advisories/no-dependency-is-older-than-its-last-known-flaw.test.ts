/**
 * What the advisories of this folder were fixed in, and what the proxy has been measured with: older ones must not come
 * back, be it through the lock file or as the dependency of a dependency.
 */
import { readFileSync } from 'node:fs'
import t from 'tap'

const FLOORS: Record<string, string> = {
  // CVE-2026-25223, CVE-2026-3419, CVE-2026-3635, CVE-2026-33806
  fastify: '5.12.0',
  // GHSA-gwhp-pf74-vj37
  '@fastify/http-proxy': '11.6.3',
  // GHSA-v2v2-hph8-q5xp, GHSA-2q7r-29rg-6m5h, GHSA-gwhp-pf74-vj37, GHSA-v574-6498-x57v
  '@fastify/reply-from': '12.6.5',
  // The versions that the proxy and its tests stand on.
  undici: '7.30.2',
  'openid-client': '6.9.0',
  'tough-cookie': '6.1.0',
  ajv: '8.20.0',
  yaml: '2.9.1',
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, { version?: string; dev?: boolean }>
}
/** Each version of a package that is installed for users, and where. */
const installed = (name: string) =>
  Object.entries(packages).filter(([path, { dev }]) => path.endsWith(`node_modules/${name}`) && dev !== true)

const isAtLeast = (version: string, floor: string) =>
  version.localeCompare(floor, 'en', { numeric: true }) >= 0

for (const [name, floor] of Object.entries(FLOORS))
  t.test(`${name} ${floor}`, async (t) => {
    const found = installed(name)
    t.ok(found.length > 0, 'it is still there; or else its floor can go')
    for (const [path, { version = '' }] of found) t.ok(isAtLeast(version, floor), `${path} is ${version}`)
  })

t.test('versions are compared as numbers', async (t) => {
  t.ok(isAtLeast('12.6.10', '12.6.5'))
  t.notOk(isAtLeast('9.9.9', '12.6.5'))
})
