import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { openCallersFile } from '../../src/config/callers-file.ts'
import { loadSettings } from '../../src/config/load.ts'
import { schema } from '../../src/config/schema.ts'
import { selfSigned } from '../helpers/certificate.ts'

/** Where the examples look for files; here it is a folder of the test. */
const FOLDER = '/etc/camunda-auth-proxy'
const CALLERS = 'config/callers-file.yaml'

const names = readdirSync('config').map((name) => join('config', name))
const examples = names.filter((name) => name.endsWith('.yaml') && name !== CALLERS)

const folder = t.testdir()
const { key, cert } = selfSigned('client.example', 'rsa')

/** Puts something that can be used where an example names a file, by the end of its name. */
function provideFiles(text: string): string {
  for (const [path] of text.matchAll(new RegExp(`${FOLDER}/[\\w.-]+`, 'g'))) {
    const content = path.endsWith('.key') ? key : path.endsWith('.crt') ? cert : 'a secret text'
    writeFileSync(join(folder, basename(path)), content, { mode: 0o600 })
  }
  return text.replaceAll(FOLDER, folder)
}

for (const example of examples) {
  t.test(`${example} loads`, async (t) => {
    const text = readFileSync(example, 'utf8')
    t.match(text, /^# yaml-language-server: \$schema=\.\/schema\.json\n/, 'it names its schema')
    t.match(text, `--config ${example}`, 'it says how it is used')
    for (const [, name = ''] of text.matchAll(/^# ?(\w+):/gm))
      t.ok(name in schema.properties, `it offers ${name}, which is a setting`)
    const path = join(folder, basename(example))
    writeFileSync(path, provideFiles(text), { mode: 0o600 })
    const { warnings, settings } = await loadSettings(['--config', path], {})
    t.same(warnings, [])
    t.ok(settings.defaultCluster.apis.has('v2'))
  })
}

t.test('the environment file loads', async (t) => {
  const path = join(folder, 'console-download.env')
  writeFileSync(path, readFileSync('config/console-download.env'), { mode: 0o600 })
  const { warnings } = await loadSettings(['--env-file', path], {})
  t.same(warnings, [])
})

t.test('the callers file loads', async (t) => {
  const file = await openCallersFile(CALLERS, () => {})
  t.teardown(() => file.close())
  t.ok(file.callers().size > 0)
})
