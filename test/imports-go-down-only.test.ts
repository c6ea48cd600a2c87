// The house has floors: what is above may use what is below, never the other way round. Whoever breaks this rule
// finds out here, with the two files named, and not when a room can no longer be tested by itself.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import t from 'tap'

const SRC = resolve('src')

/** From the top down; those on one floor do not know each other, with the exceptions below. */
const FLOORS = [
  ['cli.ts', 'worker.ts'],
  ['commands', 'index.ts', 'fastify.ts', 'undici.ts'],
  ['app.ts', 'demo', 'check'],
  ['succession.ts'],
  ['admin'],
  ['workers'],
  ['gateway'],
  ['upstream'],
  ['log.ts', 'tracing.ts'],
  ['credentials'],
  ['config'],
  ['errors.ts'],
]

/** Fastify is the gateway's and the admin listener's business, and of those who put them together. */
const MAY_KNOW_FASTIFY = ['app.ts', 'fastify.ts', 'gateway', 'admin']
/** Pure: arithmetic and tables, with nothing from outside but types and one another. */
const PURE = [
  'credentials/schedule.ts',
  'credentials/refusals.ts',
  'upstream/headers.ts',
  'config/base-url.ts',
  'config/apis.ts',
  'config/percent.ts',
  'config/rules.ts',
  'gateway/policy.ts',
  'gateway/scope.ts',
]

const files = (readdirSync(SRC, { recursive: true, encoding: 'utf8' }) as string[]).filter((path) =>
  path.endsWith('.ts'),
)
const room = (path: string) => path.split('/')[0] ?? path
const floor = (path: string) => FLOORS.findIndex((rooms) => rooms.includes(room(path)))
const imports = (path: string) =>
  [
    ...readFileSync(join(SRC, path), 'utf8').matchAll(
      /^(import|export)( type)? [^;']*?from '([^']+)'|import\('([^']+)'\)/gm,
    ),
  ].map((match) => ({
    type: match[2] !== undefined,
    from: match[3] ?? match[4] ?? '',
  }))

t.test('every file has its floor', async (t) => {
  for (const path of files) t.ok(floor(path) >= 0, path)
})

t.test('no import goes up, or across to another room of its floor', async (t) => {
  for (const path of files) {
    for (const { from } of imports(path)) {
      if (!from.startsWith('.')) continue
      const target = relative(SRC, resolve(SRC, dirname(path), from))
      t.ok(room(target) === room(path) || floor(target) > floor(path), `${path} imports ${target}`)
    }
  }
})

t.test('the demo stands by itself: only commands know it, and it knows nobody', async (t) => {
  for (const path of files) {
    for (const { from } of imports(path)) {
      const target = from.startsWith('.') ? relative(SRC, resolve(SRC, dirname(path), from)) : from
      if (room(path) === 'demo' && from.startsWith('.'))
        t.equal(room(target), 'demo', `${path} imports ${target}`)
      if (room(target) === 'demo' && room(path) !== 'demo')
        t.equal(room(path), 'commands', `${path} imports ${target}`)
    }
  }
})

t.test(
  'nothing below the gateway knows Fastify, and what is pure imports nothing else but types',
  async (t) => {
    for (const path of files) {
      const all = imports(path)
      if (all.some(({ from }) => /^(@fastify\/|fastify)/.test(from)))
        t.ok(MAY_KNOW_FASTIFY.includes(room(path)), `${path} knows Fastify`)
      if (PURE.includes(path))
        t.ok(
          all.every(
            ({ type, from }) => type || PURE.includes(relative(SRC, resolve(SRC, dirname(path), from))),
          ),
          `${path} is pure`,
        )
    }
    t.ok(PURE.every((path) => files.includes(path)))
  },
)
