import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { faults, load } from '../helpers/settings.ts'

t.test(
  'an argument that is taken for short flags, or stands behind a flag that is none, is not spelled out',
  async (t) => {
    for (const args of [['-phunter2'], ['--clinet-secret', '-SECRETX'], ['--sekret', 'hunter2'], ['-x']]) {
      const found = await faults({}, args)
      t.equal(found.length, 1, `one fault for ${args.length} argument(s)`)
      t.notMatch(JSON.stringify(found), /hunter2|SECRETX|-S|-h|unter/)
    }
    t.match(await faults({}, ['-phunter2']), [{ setting: '-p' }])
  },
)

t.test('the YAML parser warns of nothing aloud', async (t) => {
  const path = `${t.testdir({ 'tagged.yaml': 'clientId: id\nlogLevel: info\ncallerToken: !hunter2 a-long-random-text\n' })}/tagged.yaml`
  const warnings: string[] = []
  const listen = (warning: Error) => warnings.push(String(warning))
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  await load({}, ['--config', path])
  await new Promise((resolve) => setImmediate(resolve))
  t.notMatch(warnings.join(), 'hunter2')
})

t.test('a secret from a pipe is refused, not waited for', async (t) => {
  const folder = t.testdir({ real: 'secret' })
  execFileSync('mkfifo', [`${folder}/pipe`])
  const env = { CAMUNDA_CLIENT_SECRET: '', CAMUNDA_CLIENT_SECRET_FILE: `${folder}/pipe` }
  t.match(await faults(env), [{ setting: 'clientSecretFile', expected: 'a regular file' }])
  const { Secret } = await import('../../src/config/secrets.ts')
  await t.rejects(Secret.ofFile(`${folder}/pipe`).read(), /is not a regular file/)
})

t.test('an env file of Windows, and blanks around export, lose no variable', async (t) => {
  const path = `${t.testdir()}/windows.env`
  writeFileSync(path, '\uFEFFexport CAMUNDA_PROXY_PORT=1001\r\n  export \t CAMUNDA_PROXY_ADMIN_PORT=1002\r\n')
  const { effective } = await load({}, ['--env-file', path])
  const value = (name: string) => effective.find((setting) => setting.name === name)?.value
  t.equal(value('port'), 1001)
  t.equal(value('adminPort'), 1002)
})
