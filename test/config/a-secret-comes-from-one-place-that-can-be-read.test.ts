import { chmodSync } from 'node:fs'
import t from 'tap'
import { faults, load, oauthOf } from '../helpers/settings.ts'

type Env = Record<string, string>
const secrets: [string, string, string][] = [
  ['clientSecret', 'CAMUNDA_CLIENT_SECRET', 'CAMUNDA_CLIENT_SECRET_FILE'],
  ['callerToken', 'CAMUNDA_PROXY_CALLER_TOKEN', 'CAMUNDA_PROXY_CALLER_TOKEN_FILE'],
]

for (const [setting, variable, fileVariable] of secrets) {
  const read = async (env: Env, args: string[] = []) => {
    const { settings } = await load({ [variable]: '', ...env }, args)
    return (setting === 'callerToken' ? settings.callerToken : oauthOf(settings).clientSecret)?.read()
  }
  const fault = (env: Env) => faults({ [variable]: '', ...env })
  const fileFault = (expected: string) => [
    { setting: `${setting}File`, source: `environment variable ${fileVariable}`, expected },
  ]

  t.test(`${setting}: by value, or from a file without the line break at its end`, async (t) => {
    t.equal(await read({ [variable]: 'by value' }), 'by value')
    const contents: [string, string][] = [
      ['plain', 'plain'],
      ['with a line break\n', 'with a line break'],
      ['that of Windows\r\n', 'that of Windows'],
      ['several\n\n', 'several'],
      [' blanks are kept \n', ' blanks are kept '],
      ['two\nlines\n', 'two\nlines'],
    ]
    for (const [content, value] of contents) {
      const folder = t.testdir({ secret: content })
      t.equal(await read({ [fileVariable]: `${folder}/secret` }), value, JSON.stringify(content))
    }
  })

  t.test(`${setting}: both ways from one layer are one too many`, async (t) => {
    const folder = t.testdir({ secret: 'from the file' })
    const both = { [variable]: 'by value', [fileVariable]: `${folder}/secret` }
    t.strictSame(
      await fault(both),
      fileFault(`either it or ${setting} (environment variable ${variable}), not both`),
    )
  })

  t.test(`${setting}: from two layers, the more binding one counts`, async (t) => {
    const folder = t.testdir({
      secret: 'from the file',
      'value.yaml': `${setting}: by value`,
      'value.env': `${variable}=by value`,
      'file.yaml': '',
    })
    const file = `${folder}/secret`
    const flag = setting === 'callerToken' ? '--caller-token-file' : '--client-secret-file'
    t.equal(await read({ [variable]: 'by value' }, [flag, file]), 'from the file', 'flag over variable')
    t.equal(
      await read({ [fileVariable]: file }, ['--env-file', `${folder}/value.env`]),
      'from the file',
      'variable over env file',
    )
    t.equal(await read({ [fileVariable]: file }, ['--config', `${folder}/value.yaml`]), 'from the file')
    const other = t.testdir({ secret: 'from the file', 'file.env': `${fileVariable}=/no/such/file` })
    t.equal(
      await read({ [variable]: 'by value' }, ['--env-file', `${other}/file.env`]),
      'by value',
      'and the file of a lower layer is not looked at',
    )
  })

  t.test(`${setting}: a file that is missing, none, or empty`, async (t) => {
    const folder = t.testdir({ empty: '', blank: ' \n\t\n', folder: {} })
    const bad: [string, string][] = [
      ['nothing', 'a readable file (ENOENT)'],
      ['folder', 'a readable file (EISDIR)'],
      ['empty', 'a file that is not empty'],
      ['blank', 'a file that is not empty'],
    ]
    for (const [name, expected] of bad) {
      t.strictSame(await fault({ [fileVariable]: `${folder}/${name}` }), fileFault(expected), name)
    }
  })

  t.test(`${setting}: a file that everybody may read is warned of`, async (t) => {
    const path = `${t.testdir({ secret: 'x' })}/secret`
    const warned: [number, boolean][] = [
      [0o644, true],
      [0o604, true],
      [0o777, true],
      [0o640, false],
      [0o600, false],
      [0o400, false],
    ]
    for (const [mode, isWarned] of warned) {
      chmodSync(path, mode)
      t.strictSame(
        (await load({ [variable]: '', [fileVariable]: path })).warnings,
        isWarned ? [`${path} is readable by every user of this machine: chmod 600 it`] : [],
        mode.toString(8),
      )
    }
  })
}
