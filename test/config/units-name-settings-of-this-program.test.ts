import { readFileSync } from 'node:fs'
import t from 'tap'
import { environmentNames } from '../../src/config/camunda-env.ts'
import { settingNames } from '../../src/config/schema.ts'

const FILES = [
  'deploy/systemd/camunda-auth-proxy.service',
  'deploy/launchd/io.github.camunda-auth-proxy.plist',
  'docs/systemd.md',
  'docs/windows-and-macos.md',
]
const known = new Set([...settingNames.flatMap(environmentNames), 'CAMUNDA_PROXY_CONFIG'])

for (const file of FILES)
  t.test(file, async (t) => {
    const names = readFileSync(file, 'utf8').match(/\b(?:CAMUNDA|ZEEBE)_[A-Z_]+/g) ?? []
    t.ok(names.length > 0)
    for (const name of names) t.ok(known.has(name), name)
  })
