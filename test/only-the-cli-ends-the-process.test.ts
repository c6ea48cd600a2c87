import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

t.test(
  'process.exit stands where processes begin, and a shutdown by signal in close-with-grace',
  async (t) => {
    const files = (readdirSync('src', { recursive: true, encoding: 'utf8' }) as string[]).filter((path) =>
      path.endsWith('.ts'),
    )
    const ending = files.filter((path) =>
      // A number below zero names a group of processes that this one started.
      /process\.(exit|abort|kill(?!\(-child\.pid))\b/.test(readFileSync(`src/${path}`, 'utf8')),
    )
    t.strictSame(ending, ['cli.ts', 'worker.ts'])
  },
)
