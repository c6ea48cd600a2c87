import { Ajv, type SchemaObject } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { flagName } from '../../src/config/camunda-env.ts'
import { isSecret, type SettingName, schema, settingNames, settingSchema } from '../../src/config/schema.ts'

const options = { strict: true, allErrors: true } as const
const drafts = { 'draft-07': new Ajv(options), '2020-12': new Ajv2020(options) }

for (const [draft, ajv] of Object.entries(drafts)) {
  ajv.addVocabulary(['expected', 'secret', 'common'])

  t.test(`it is a valid and strict JSON Schema of ${draft}`, async (t) => {
    t.equal(ajv.validateSchema(schema, true), true)
    const validate = ajv.compile<Record<string, unknown>>(schema)
    const defaults = Object.fromEntries(
      settingNames
        .map((name) => [name, settingSchema(name).default])
        .filter(([, value]) => value !== undefined),
    )
    t.ok(validate(defaults), 'its own defaults pass it')
    t.notOk(validate({ ...defaults, prot: 1 }), 'what it does not name does not')
    const cluster = { restAddress: 'https://cluster.example', apis: ['mcp'] }
    t.ok(validate({ clusters: { 'the-first': cluster } }), 'an entry is what stands at the top')
    t.notOk(
      validate({ clusters: { 'the-first': { ...cluster, port: 1 } } }),
      'but not what concerns the proxy',
    )
    t.notOk(validate({ clusters: { '../x': cluster } }), 'nor under any name')
  })
}

t.test('a schema that is none would be told apart', async (t) => {
  const broken: SchemaObject = { ...schema, properties: { port: { type: 'integre' } } }
  t.throws(() => drafts['2020-12'].validateSchema(broken, true))
})

t.test('every setting says what it is for and what is expected', async (t) => {
  t.ok(settingNames.length >= 20)
  for (const name of settingNames) {
    const { description, expected } = settingSchema(name)
    t.match(description, /^[A-Z`].{10,}\.$/s, `${name}: a sentence`)
    t.match(expected, /^[^.].{3,}[^.]$/, `${name}: completes "expected …"`)
  }
})

t.test('secrets are marked as such, and each that is a text can come from a file', async (t) => {
  const isText = (name: SettingName) => settingSchema(name).type === 'string' && name !== 'tokenCommand'
  const texts = settingNames.filter((name) => isSecret(name) && isText(name))
  t.ok(texts.length >= 10)
  for (const name of texts)
    t.ok(
      settingNames.some((other) => other === `${name}File`),
      name,
    )
  const suspicious = settingNames.filter((name) => /secret|token|passw|passphrase|key|proxy$/i.test(name))
  t.strictSame(
    suspicious.filter((name) => !isSecret(name) && !name.endsWith('File')),
    ['tokenAudience', 'oauthKeyAlgorithm', 'oauthKeyId', 'shareToken', 'noProxy'],
  )
})

t.test('the flag of a setting is its name', async (t) => {
  const flags: [string, string][] = [
    ['port', 'port'],
    ['adminPort', 'admin-port'],
    ['allowPlainHttp', 'allow-plain-http'],
    ['oauthUrl', 'oauth-url'],
  ]
  for (const [name, flag] of flags) t.equal(flagName(name), flag)
  t.equal(new Set(settingNames.map(flagName)).size, settingNames.length)
})
