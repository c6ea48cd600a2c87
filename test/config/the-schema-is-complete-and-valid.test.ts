import { Ajv } from 'ajv'
import t from 'tap'
import { environmentNames, flagName } from '../../src/config/camunda-env.ts'
import { schema, settingNames, settingSchema } from '../../src/config/schema.ts'

t.test('it is a valid JSON Schema, and strict', async (t) => {
  const ajv = new Ajv({ strict: true, allErrors: true })
  ajv.addVocabulary(['expected', 'secret'])
  t.ok(ajv.validateSchema(schema))
  t.doesNotThrow(() => ajv.compile(schema))
})

t.test(
  'every setting says what it is for and what is expected, and those with a default are required',
  async (t) => {
    for (const name of settingNames) {
      const { description, expected, default: fallback } = settingSchema(name)
      t.ok(description.length > 10 && expected.length > 3, name)
      t.equal(
        fallback !== undefined,
        schema.required.some((required) => required === name),
        name,
      )
    }
  },
)

t.test('flag, variable and key are one name by rule, and no two settings share one', async (t) => {
  t.equal(flagName('adminPort'), 'admin-port')
  t.same(environmentNames('adminPort'), ['CAMUNDA_PROXY_ADMIN_PORT'])
  t.same(environmentNames('clientSecretFile'), ['CAMUNDA_CLIENT_SECRET_FILE', 'ZEEBE_CLIENT_SECRET_FILE'])
  const all = settingNames.flatMap(environmentNames)
  t.equal(new Set(all).size, all.length)
})
