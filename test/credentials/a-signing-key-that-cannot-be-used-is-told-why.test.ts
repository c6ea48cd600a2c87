import { generateKeyPairSync } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import type { ClientAuth } from '../../src/config/settings.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { failureOf, oauthLab } from '../helpers/oauth-lab.ts'

const DAY = 86_400_000
const own = selfSigned('client')
const other = selfSigned('other')
const encrypted = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'x',
})
/** Lines of the PEM texts, which must not show up. */
const canaries = [own.key, own.cert, other.key, String(encrypted)].map((pem) => pem.split('\n')[1] ?? pem)

async function lab(t: Test, content: { key?: string; cert?: string } = {}, now = Date.now) {
  const folder = t.testdir({ key: content.key ?? own.key, cert: content.cert ?? own.cert })
  const files = { key: `${folder}/key`, cert: `${folder}/cert` }
  const clientAuth: ClientAuth = {
    method: 'private_key_jwt',
    key: Secret.ofFile(files.key),
    algorithm: 'ES256',
    keyId: undefined,
    certificate: Secret.ofFile(files.cert),
  }
  return { ...(await oauthLab(t, undefined, { clientAuth, now })), files }
}

const cases: [string, Parameters<typeof lab>[1], (() => number) | undefined, RegExp][] = [
  [
    'no key',
    { key: 'canary' },
    undefined,
    /private key from file \S+key cannot be used: expected a private key in PEM\.$/,
  ],
  [
    'an encrypted key',
    { key: String(encrypted) },
    undefined,
    /expected a private key that is not encrypted: /,
  ],
  [
    'a key of another type',
    { key: selfSigned('x', 'rsa').key },
    undefined,
    /expected an EC key for ES256, not an RSA key\.$/,
  ],
  [
    'no certificate',
    { cert: 'canary' },
    undefined,
    /certificate from file \S+cert cannot be used: expected a certificate in PEM\.$/,
  ],
  [
    'the certificate of another key',
    { key: other.key },
    undefined,
    /expected the certificate of the private key/,
  ],
  ['an expired certificate', {}, () => Date.now() + 3 * DAY, /expected a certificate that is still valid/],
]

for (const [what, content, now, message] of cases) {
  t.test(what, async (t) => {
    const { idp, failure } = await lab(t, content, now)
    t.match(await failure(['canary', ...canaries]), { code: 'secret-unusable', refused: true, message })
    t.equal(idp.requests.length, 0)
  })
}

t.test('a file that cannot be read', async (t) => {
  const { idp, failure, files, source } = await lab(t)
  for (const [file, what] of [
    [files.cert, 'certificate'],
    [files.key, 'private key'],
  ] as const) {
    await rm(file)
    const message = `The ${what} cannot be read from file ${file} (ENOENT).`
    t.strictSame(await failure(canaries), { code: 'secret-unreadable', message, refused: false })
    t.strictSame(await failureOf(source.fingerprint(), canaries), {
      code: 'secret-unreadable',
      message,
      refused: false,
    })
  }
  t.equal(idp.requests.length, 0)
})

t.test('the fingerprint changes with the key and with the certificate', async (t) => {
  const { files, source, acquire } = await lab(t)
  const seen = [await source.fingerprint()]
  t.equal(await source.fingerprint(), seen[0])
  await writeFile(files.key, other.key)
  seen.push(await source.fingerprint())
  await writeFile(files.cert, other.cert)
  seen.push(await source.fingerprint())
  t.equal(new Set(seen).size, 3)
  t.ok(await acquire(), 'the new ones are used')
})
