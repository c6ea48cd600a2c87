import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'

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

t.test('scripts that are named are in package.json', async (t) => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  for (const path of documents) {
    for (const [, name] of readFileSync(path, 'utf8').matchAll(/npm run (?:--silent )?([\w:]+)/g)) {
      t.ok(scripts[name ?? ''], `${path} names npm run ${name}`)
    }
  }
})
