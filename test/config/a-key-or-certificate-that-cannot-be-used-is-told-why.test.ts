import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import t from 'tap'
import {
  certificateFault,
  privateKeyFault,
  type SigningAlgorithm,
  signingKeyFault,
} from '../../src/config/key-material.ts'
import { selfSigned } from '../helpers/certificate.ts'

const DAY = 86_400_000
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const ed25519 = generateKeyPairSync('ed25519')
const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })

const pkcs8 = ({ privateKey }: { privateKey: KeyObject }) =>
  String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
const pkcs1 = String(rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }))
const sec1 = String(ec.privateKey.export({ type: 'sec1', format: 'pem' }))
const spki = String(rsa.publicKey.export({ type: 'spki', format: 'pem' }))
const cipher = { format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const
const encrypted8 = String(rsa.privateKey.export({ type: 'pkcs8', ...cipher }))
const encrypted1 = String(rsa.privateKey.export({ type: 'pkcs1', ...cipher }))
const own = selfSigned('client')

t.test('private keys in each form', async (t) => {
  for (const pem of [pkcs8(rsa), pkcs1, sec1, pkcs8(ed25519), `${own.cert}${own.key}`, `\n${pkcs1.trim()}`]) {
    t.equal(privateKeyFault(pem), undefined)
  }
})

t.test('what is no private key, or one that nobody can read', async (t) => {
  const encrypted = 'a private key that is not encrypted: there is no passphrase for this one'
  for (const [pem, fault] of [
    ['', 'a private key in PEM'],
    ['canary', 'a private key in PEM'],
    [pkcs8(rsa).slice(0, 400), 'a private key in PEM'],
    [pkcs8(rsa).replaceAll('\n', '\\n'), 'a private key in PEM'],
    ['-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----', 'a private key in PEM'],
    [own.cert, 'a private key in PEM, not a certificate'],
    [spki, 'a private key in PEM, not a public key'],
    [encrypted8, encrypted],
    [encrypted1, encrypted],
  ] as const) {
    t.equal(privateKeyFault(pem), fault)
    t.equal(signingKeyFault(pem), fault)
  }
})

t.test('keys that sign, and with what', async (t) => {
  const good: [string, SigningAlgorithm | undefined][] = [
    [pkcs1, undefined],
    [pkcs1, 'RS256'],
    [pkcs1, 'PS256'],
    [sec1, undefined],
    [sec1, 'ES256'],
  ]
  for (const [pem, algorithm] of good) t.equal(signingKeyFault(pem, algorithm), undefined)
  const bad: [string, SigningAlgorithm | undefined, string][] = [
    [pkcs1, 'ES256', 'an EC key for ES256, not an RSA key'],
    [sec1, 'RS256', 'an RSA key for RS256, not an EC key'],
    [sec1, 'PS256', 'an RSA key for PS256, not an EC key'],
    [pkcs8(p384), undefined, 'an RSA key or an EC key on P-256, not secp384r1'],
    [pkcs8(ed25519), 'ES256', 'an RSA key or an EC key on P-256, not ed25519'],
    [pkcs8(pss), 'PS256', 'an RSA key or an EC key on P-256, not rsa-pss'],
    [pkcs8(small), undefined, 'an RSA key of 2048 bits or more, not 1024'],
  ]
  for (const [pem, algorithm, fault] of bad) t.equal(signingKeyFault(pem, algorithm), fault)
})

t.test('certificates', async (t) => {
  const now = Date.now()
  const other = selfSigned('other', 'rsa')
  t.equal(certificateFault(own.cert, own.key, now), undefined)
  t.equal(certificateFault(own.cert, undefined, now), undefined)
  t.equal(certificateFault(`${own.cert}${other.cert}`, own.key, now), undefined, 'the first of a chain')
  t.equal(certificateFault(own.cert, 'no key at all', now), undefined, 'which is the fault of the key')
  t.equal(certificateFault(own.key, own.key, now), 'a certificate in PEM')
  t.equal(certificateFault('canary', undefined, now), 'a certificate in PEM')
  for (const key of [other.key, pkcs8(ec)]) {
    t.equal(
      certificateFault(own.cert, key, now),
      'the certificate of the private key: this one is of another key',
    )
  }
  t.match(
    certificateFault(own.cert, own.key, now + 3 * DAY),
    /^a certificate that is still valid: this one expired on \d{4}-\d\d-\d\d$/,
  )
  t.match(
    certificateFault(own.cert, own.key, now - DAY),
    /^a certificate that is valid by now: this one begins on \d{4}-\d\d-\d\d$/,
  )
})
