import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import type { Refusal } from '../../src/credentials/refusals.ts'
import { refusalsFile, type StateFile, usualStateFile } from '../../src/credentials/refusals-file.ts'

const NOW = 1_800_000_000_000
const REFUSAL: Refusal = { at: NOW, notBefore: NOW + 30_000, times: 1, code: 'invalid_client', proof: '' }
const identity = (number: number) => String(number).padStart(43, 'x')

function lab(t: Test, file: Partial<StateFile> = {}) {
  const troubles: string[] = []
  // Each call of testdir begins with an empty one.
  const folder = file.path === undefined ? t.testdir({}) : dirname(file.path)
  const place = { path: join(folder, 'state.json'), ownFolder: false, ...file }
  const open = () =>
    refusalsFile(
      place,
      (sentence) => troubles.push(sentence),
      () => NOW,
    )
  return { folder, path: place.path, troubles, open, memory: open() }
}

t.test('what one process noted, the next recalls', async (t) => {
  const { path, open, memory, troubles, folder } = lab(t)
  t.equal(await memory.recall(identity(1)), undefined, 'there is no file yet, and that is no trouble')
  await memory.note(identity(1), REFUSAL)
  t.strictSame(await open().recall(identity(1)), REFUSAL)
  t.equal(statSync(path).mode & 0o777, 0o600)
  await memory.note(identity(1), undefined)
  t.equal(await open().recall(identity(1)), undefined)
  t.strictSame(readdirSync(folder), ['state.json'], 'no draft is left')
  t.strictSame(troubles, [])
})

t.test('changes of one process follow each other, and those of another are kept', async (t) => {
  const { open, memory } = lab(t)
  await open().note(identity(0), REFUSAL)
  await Promise.all([1, 2, 3, 4].map((number) => memory.note(identity(number), REFUSAL)))
  for (const number of [0, 1, 2, 3, 4]) t.ok(await memory.recall(identity(number)), String(number))
})

t.test('what is in the file and makes no sense is told once and replaced', async (t) => {
  for (const [text, said] of [
    ['{ "vers', 'does not hold what this program writes'],
    [Buffer.alloc(70_000, 32), 'is longer than 64 KiB'],
  ] as const) {
    const { path, memory, troubles } = lab(t)
    writeFileSync(path, text)
    t.equal(await memory.recall(identity(1)), undefined)
    await memory.note(identity(1), REFUSAL)
    t.strictSame(await memory.recall(identity(1)), REFUSAL)
    t.strictSame(troubles, [`a restart will not know of refusals: the state file ${path} ${said}`])
  }
})

t.test('a link, a pipe or a folder in its place is not followed, waited for or entered', async (t) => {
  const { folder, path, memory, troubles } = lab(t)
  const victim = join(folder, 'victim')
  writeFileSync(victim, 'precious')
  symlinkSync(victim, path)
  t.equal(await memory.recall(identity(1)), undefined)
  await memory.note(identity(1), REFUSAL)
  t.equal(readFileSync(victim, 'utf8'), 'precious')
  t.strictSame(await memory.recall(identity(1)), REFUSAL, 'the link itself was replaced')
  t.match(troubles, [/\(ELOOP\)$/])
  const other = lab(t, { path: t.testdir({ 'state.json': {} }) })
  await other.memory.note(identity(1), REFUSAL)
  t.equal(other.troubles.length, 1)
})

t.test('a folder that is missing or cannot be written costs a line and nothing else', async (t) => {
  const missing = lab(t, { path: join(t.testdir({}), 'no-such-folder', 'state.json') })
  for (let i = 0; i < 3; i++) await missing.memory.note(identity(1), REFUSAL)
  t.match(missing.troubles, [/cannot be used \(ENOENT\)$/])
  t.equal(await missing.memory.recall(identity(1)), undefined)
})

t.test('its own folder is made for this user alone', async (t) => {
  const path = join(t.testdir({}), 'own', 'state.json')
  const { memory, troubles } = lab(t, { path, ownFolder: true })
  t.equal(await memory.recall(identity(1)), undefined)
  t.notOk(existsSync(join(path, '..')), 'not before there is anything to remember')
  await memory.note(identity(1), REFUSAL)
  t.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
  t.strictSame(await memory.recall(identity(1)), REFUSAL)
  t.strictSame(troubles, [])
})

t.test('a folder that others can get into, or a link to one, is not used', async (t) => {
  const base = t.testdir({ real: {} })
  mkdirSync(join(base, 'open'))
  chmodSync(join(base, 'open'), 0o777)
  chmodSync(join(base, 'real'), 0o700)
  symlinkSync(join(base, 'real'), join(base, 'link'))
  for (const [name, said] of [
    ['open', /is in a folder that other users may enter$/],
    ['link', /has something that is no folder above it$/],
  ] as const) {
    const path = join(base, name, 'state.json')
    const { memory, troubles } = lab(t, { path, ownFolder: true })
    await memory.note(identity(1), REFUSAL)
    t.notOk(existsSync(path), name)
    t.match(troubles, [said], name)
  }
})

t.test(
  'nor one of another user',
  { skip: process.geteuid?.() !== 0 && 'only root can make one' },
  async (t) => {
    const { chownSync } = await import('node:fs')
    const folder = join(t.testdir({ own: {} }), 'own')
    chmodSync(folder, 0o700)
    chownSync(folder, 65_534, 65_534)
    const { memory, troubles, path } = lab(t, { path: join(folder, 'state.json'), ownFolder: true })
    await memory.note(identity(1), REFUSAL)
    t.notOk(existsSync(path))
    t.match(troubles, [/is in a folder of another user$/])
    const alien = lab(t)
    writeFileSync(alien.path, '{"version":1,"entries":{}}')
    chownSync(alien.path, 65_534, 65_534)
    await alien.memory.recall(identity(1))
    t.match(alien.troubles, [/belongs to another user$/])
  },
)

t.test('where it is if nobody says where', async (t) => {
  const uid = process.geteuid?.()
  const cases: [Record<string, string>, string][] = [
    [
      { XDG_RUNTIME_DIR: '/run/user/7', XDG_STATE_HOME: '/home/s' },
      '/run/user/7/camunda-auth-proxy/state.json',
    ],
    [{ XDG_STATE_HOME: '/home/s' }, '/home/s/camunda-auth-proxy/state.json'],
    [{ XDG_RUNTIME_DIR: 'relative' }, join(tmpdir(), `camunda-auth-proxy-${uid}`, 'state.json')],
    [{}, join(tmpdir(), `camunda-auth-proxy-${uid}`, 'state.json')],
  ]
  for (const [env, path] of cases) t.strictSame(usualStateFile(env), { path, ownFolder: true })
})
