import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { commands } from '../src/commands/commands.ts'
import { environmentNames, flagName } from '../src/config/camunda-env.ts'
import { settingNames } from '../src/config/schema.ts'
import { keeperStates } from '../src/credentials/keeper.ts'

/** Of Camunda's clients and clusters, which this program only speaks of. */
const OF_OTHERS = [
  'CAMUNDA_OAUTH_DISABLED',
  'CAMUNDA_PREFER_REST',
  'CAMUNDA_SECURITY_AUTHENTICATION_OIDC_AUDIENCES',
]

const documents = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
  ...readdirSync('deploy', { recursive: true, encoding: 'utf8' }).map((name) => join('deploy', name)),
].filter((path) => path.endsWith('.md'))

t.test('links lead to files, and files that are named are there', async (t) => {
  for (const path of documents) {
    const text = readFileSync(path, 'utf8')
    for (const [, link] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      t.ok(existsSync(join(dirname(path), link ?? '')), `${path} links to ${link}`)
    }
    for (const [, file] of text.matchAll(
      /`((?:src|test|bench|config|deploy|docs|scripts)\/[\w./-]+\.\w+)`/g,
    )) {
      // A table that speaks of src leaves the folder out.
      t.ok(existsSync(file ?? '') || existsSync(join('src', file ?? '')), `${path} names ${file}`)
    }
  }
})

/** As GitHub makes them of headlines: lower case, no punctuation, hyphens for blanks, and a number where one comes again. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>()
  const prose = text.replace(/^```[\s\S]*?^```/gm, '')
  for (const [, title = ''] of prose.matchAll(/^#{1,6} (.+)$/gm)) {
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const anchor = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-')
    const count = [...anchors].filter((known) => known.replace(/-\d+$/, '') === anchor).length
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`)
  }
  return anchors
}

t.test('links into a page lead to a headline of it', async (t) => {
  let links = 0
  for (const path of documents) {
    for (const [, file = '', anchor = ''] of readFileSync(path, 'utf8').matchAll(
      /\]\((?!https?:)([^)#\s]*\.md)?#([^)\s]+)\)/g,
    )) {
      const target = file === '' ? path : join(dirname(path), file)
      links++
      t.ok(anchorsOf(readFileSync(target, 'utf8')).has(anchor), `${path} links to ${target}#${anchor}`)
    }
  }
  t.ok(links > 20, 'there are such links')
})

/** The lines of a page that are to be typed into a shell, with those that go on put together. */
function shellLines(text: string): string[] {
  return [...text.matchAll(/^( *)```(?:sh|bash)\n([\s\S]*?)^\1```/gm)].flatMap(([, , block = '']) =>
    block.replace(/\\\n\s*/g, ' ').split('\n'),
  )
}

/** What follows the program's name, wherever a line calls it. */
function callsIn(text: string): string[] {
  const call = /(?:^|npx |\$\(|<\(|&& |\| )(?:camunda-auth-proxy|node dist\/cli\.js)((?: +[^\s|&;)]+)*)/g
  return shellLines(text).flatMap((line) => [...line.matchAll(call)].map(([, rest = '']) => rest.trim()))
}

t.test('commands of the program that are shown exist, with their flags', async (t) => {
  const ofSettings = [...settingNames.map(flagName), 'config', 'env-file', 'help', 'verbose']
  const calls = documents.flatMap((path) =>
    callsIn(readFileSync(path, 'utf8')).map((call) => [path, call] as const),
  )
  t.ok(calls.length > 20, 'there are such commands')
  for (const [path, call] of calls) {
    const first = call.split(/ +/)[0] ?? ''
    const command = commands[/^[a-z]+$/.test(first) ? first : 'start']
    t.ok(command, `${path}: ${call}`)
    const known = [...ofSettings, ...(command?.flags ?? []).map(({ name }) => name)]
    for (const [, flag = ''] of ` ${call}`.matchAll(/ --([a-z][\w-]*)/g))
      t.ok(known.includes(flag), `${path}: --${flag} in ${call}`)
  }
})

t.test('variables that are named are read, by this program or by Camunda’s clients', async (t) => {
  const known = new Set([...settingNames.flatMap(environmentNames), 'CAMUNDA_PROXY_CONFIG', ...OF_OTHERS])
  for (const path of documents) {
    for (const [name] of readFileSync(path, 'utf8').matchAll(/\b(?:CAMUNDA|ZEEBE)_[A-Z0-9_]*[A-Z0-9]\b/g))
      t.ok(known.has(name), `${path} names ${name}`)
  }
})

t.test('the states in the picture are those of a keeper', async (t) => {
  const text = readFileSync('docs/architecture.md', 'utf8')
  const picture = /```mermaid\nstateDiagram-v2\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
  const states = [...picture.matchAll(/^ {2}(\w+) --> |--> (\w+)/gm)].map(([, from, to]) => from ?? to)
  t.strictSame(new Set(states), new Set(keeperStates))
})

t.test('scripts that are named are in package.json', async (t) => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  for (const path of documents) {
    for (const [, name] of readFileSync(path, 'utf8').matchAll(/npm run (?:--silent )?([\w:]+)/g)) {
      t.ok(scripts[name ?? ''], `${path} names npm run ${name}`)
    }
  }
})
