import { execFile } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { ENOUGH } from '../helpers/settings.ts'

/** Puts the proxy together with tracing off, then reads settings that have it on. */
const PROGRAM = `
import { buildApp, loadSettings } from './dist/index.js'
const logger = { warn() {}, error() {}, info() {}, child: () => logger }
const env = JSON.parse(process.argv[2])
const { settings } = await loadSettings([], env)
const app = await buildApp(settings, { logger })
await app.close()
console.log('built')
await loadSettings([], { ...env, CAMUNDA_PROXY_TRACING: 'true' }).catch((error) => console.log(error.name, error.message))
`

t.test('so the package may be missing; where it is wanted, its absence is told with the cure', async (t) => {
  // Not within the repository, whose own packages would be found.
  const folder = mkdtempSync(join(tmpdir(), 'no-open-telemetry-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const packages = realpathSync('node_modules')
  mkdirSync(join(folder, 'node_modules'))
  for (const name of readdirSync(packages))
    if (name !== '@opentelemetry') symlinkSync(join(packages, name), join(folder, 'node_modules', name))
  cpSync('dist', join(folder, 'dist'), { recursive: true })
  cpSync('package.json', join(folder, 'package.json'))
  writeFileSync(join(folder, 'program.mjs'), PROGRAM)
  const args = [join(folder, 'program.mjs'), JSON.stringify(ENOUGH)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: {} })
  const [built, complaint] = stdout.split('\n')
  t.equal(built, 'built')
  t.match(complaint, /^SettingsError tracing \(environment variable CAMUNDA_PROXY_TRACING\): expected /)
  t.match(complaint, 'npm install @opentelemetry/api')
})
