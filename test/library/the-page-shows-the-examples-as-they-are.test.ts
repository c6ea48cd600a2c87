import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

t.test('each block of code on the page is the file that it names, and none is left out', async (t) => {
  const page = readFileSync('docs/library.md', 'utf8')
  const blocks = [...page.matchAll(/<!-- (examples\/[\w-]+\.ts) -->\n```ts\n(.*?)```/gs)]
  for (const [, path = '', block] of blocks) t.equal(block, readFileSync(path, 'utf8'), path)
  t.equal(blocks.length, page.split('```').length >> 1, 'every block names its file')
  t.same(
    blocks.map(([, path]) => path).sort(),
    readdirSync('examples')
      .map((name) => `examples/${name}`)
      .sort(),
  )
})
