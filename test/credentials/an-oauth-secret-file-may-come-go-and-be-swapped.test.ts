// Kubernetes and secret stores replace a whole folder by turning a symbolic link, while this process runs.
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { failureOf, oauthLab } from '../helpers/oauth-lab.ts'

t.test('a file that is missing, appears, is swapped and goes again', async (t) => {
  const folder = t.testdir({ old: { secret: 'canary-old\n' }, new: { secret: 'canary-new\n' } })
  const path = `${folder}/now/secret`
  const { idp, acquire, failure } = await oauthLab(t, undefined, { secret: Secret.ofFile(path) })
  const missing = {
    code: 'secret-unreadable',
    message: `The client secret cannot be read from file ${path} (ENOENT).`,
    refused: false,
  }
  t.strictSame(await failure(), missing)
  t.equal(idp.requests.length, 0, 'no request without a secret')

  symlinkSync('old', `${folder}/now`)
  await acquire()
  symlinkSync('new', `${folder}/next`)
  renameSync(`${folder}/next`, `${folder}/now`)
  await acquire()
  t.strictSame(
    idp.requests.map((request) => request.form.get('client_secret')),
    ['canary-old', 'canary-new'],
  )

  rmSync(`${folder}/now`)
  t.strictSame(await failure(['canary-new']), missing, 'the last one is not kept')
  t.equal(idp.requests.length, 2)
})

t.test('line breaks at its end are not part of it; all else is', async (t) => {
  const path = `${t.testdir({})}/secret`
  const { idp, acquire } = await oauthLab(t, undefined, { secret: Secret.ofFile(path) })
  for (const [content, secret] of [
    ['s\n', 's'],
    ['s\r\n', 's'],
    ['s\n\n', 's'],
    [' s ', ' s '],
    ['\ns', '\ns'],
    ['s\nt\n', 's\nt'],
    ['schlüssel', 'schlüssel'],
  ] as const) {
    writeFileSync(path, content)
    await acquire()
    t.equal(idp.requests.at(-1)?.form.get('client_secret'), secret)
  }
})

t.test('what is no file, or holds nothing', async (t) => {
  const path = `${t.testdir({})}/secret`
  const { idp, failure, source } = await oauthLab(t, undefined, { secret: Secret.ofFile(path) })
  writeFileSync(path, '\n')
  t.match(await failure(), { code: 'secret-unreadable', refused: false })
  t.match(await failureOf(source.fingerprint(), []), { code: 'secret-unreadable', refused: false })
  rmSync(path)
  mkdirSync(path)
  t.match(await failure(), { code: 'secret-unreadable', refused: false, message: /\(EISDIR\)\.$/ })
  t.equal(idp.requests.length, 0)
})
