import { Ajv, type SchemaObject } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { flagName } from '../../src/config/camunda-env.ts'
import { isSecret, schema, settingNames, settingSchema } from '../../src/config/schema.ts'

const options = { strict: true, allErrors: true } as const
const drafts = { 'draft-07': new Ajv(options), '2020-12': new Ajv2020(options) }

for (const [draft, ajv] of Object.entries(drafts)) {
  ajv.addVocabulary(['expected', 'secret'])

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
    for (const name of Object.keys(defaults)) {
      const { [name]: _left, ...rest } = defaults
      t.notOk(validate(rest), `${name} has a value whatever is given`)
    }
  })
}

t.test('a schema that is none would be told apart', async (t) => {
  const broken: SchemaObject = { ...schema, properties: { port: { type: 'integre' } } }
  t.throws(() => drafts['2020-12'].validateSchema(broken, true))
})

t.test('every setting says what it is for and what is expected', async (t) => {
  t.ok(settingNames.length >= 20)
  for (const name of settingNames) {
    const { description, expected, default: fallback } = settingSchema(name)
    t.match(description, /^[A-Z`].{10,}\.$/s, `${name}: a sentence`)
    t.match(expected, /^[^.].{3,}[^.]$/, `${name}: completes "expected …"`)
    t.equal(
      fallback !== undefined,
      schema.required.some((required) => required === name),
      `${name} is required if it has a default`,
    )
  }
})

t.test('secrets are marked as such, and each can come from a file', async (t) => {
  t.strictSame(settingNames.filter(isSecret), ['clientSecret', 'callerToken'])
  for (const name of settingNames.filter(isSecret))
    t.ok(
      settingNames.some((other) => other === `${name}File`),
      name,
    )
  const suspicious = settingNames.filter((name) => /secret|token|password|key/i.test(name))
  t.strictSame(
    suspicious.filter((name) => !isSecret(name)),
    ['clientSecretFile', 'tokenAudience', 'callerTokenFile'],
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
