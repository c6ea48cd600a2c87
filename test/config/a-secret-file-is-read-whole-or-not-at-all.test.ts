import { writeFileSync } from 'node:fs'
import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'

const MIB = 1024 * 1024

t.test('a mebibyte is read to its last byte, and one byte more is an error', async (t) => {
  const path = `${t.testdir({})}/secret`
  const secret = Secret.ofFile(path)
  writeFileSync(path, `${'x'.repeat(MIB - 1)}!`)
  const value = await secret.read()
  t.equal(value.length, MIB)
  t.ok(value.endsWith('!'))
  writeFileSync(path, 'x'.repeat(MIB + 1))
  const tooLong = { code: 'EFBIG', message: `file ${path} is longer than 1 MiB` }
  await t.rejects(secret.read(), tooLong)
  await t.rejects(secret.fingerprint(), tooLong)
  writeFileSync(path, 'ü'.repeat(MIB / 2))
  t.equal((await secret.read()).length, MIB / 2, 'bytes are counted, not characters')
  writeFileSync(path, 'ü'.repeat(MIB / 2 + 1))
  await t.rejects(secret.read(), tooLong)
})

t.test('each fault has a code to be told by', async (t) => {
  const folder = t.testdir({ empty: '\r\n' })
  await t.rejects(Secret.ofFile(`${folder}/empty`).read(), { code: 'EMPTY' })
  await t.rejects(Secret.ofFile(folder).read(), { code: 'EISDIR' })
  await t.rejects(Secret.ofFile(`${folder}/none`).read(), { code: 'ENOENT' })
  await t.rejects(Secret.ofFile('/dev/zero').read(), { code: 'NOT_A_FILE' })
})

t.test('it tells whether it may change', async (t) => {
  t.equal(Secret.ofFile('/anywhere').isFile, true)
  t.equal(Secret.ofValue('a value').isFile, false)
})
