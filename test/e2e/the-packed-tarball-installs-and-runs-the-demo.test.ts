import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

t.test('npm pack, npm install in an empty folder, and its demo answers', async (t) => {
  const folder = t.testdir({ empty: { 'package.json': '{"private":true}' } })
  const empty = join(folder, 'empty')
  const npm = (args: string[], cwd: string) =>
    execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const packed = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], process.cwd())) as {
    filename: string
    files: { path: string }[]
  }[]
  const paths = packed[0]?.files.map((file) => file.path) ?? []
  t.ok(
    paths.includes('dist/cli.js') &&
      paths.includes('dist/index.d.ts') &&
      paths.includes('LICENSE') &&
      paths.includes('README.md'),
  )
  t.notOk(
    paths.some((path) => /^(src|test|bench)\//.test(path)),
    'nothing that only we need',
  )
  t.notOk(
    paths.some((path) => path.endsWith('.map')),
    'no source maps, whose sources stay here',
  )

  npm(
    [
      'install',
      '--omit=dev',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      join(folder, packed[0]?.filename ?? ''),
    ],
    empty,
  )
  const lock = JSON.parse(readFileSync(join(empty, 'node_modules/.package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>
  }
  const count = Object.keys(lock.packages).length
  // What is installed is what the registry has today: the limit is for a dependency that brings a crowd with it.
  t.ok(count <= 100, `${count} packages`)

  const child = spawn(
    join(empty, 'node_modules/.bin/camunda-auth-proxy'),
    ['demo', '--port', '0', '--admin-port', 'off'],
    { cwd: empty },
  )
  t.teardown(() => child.kill('SIGKILL'))
  const url = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += String(chunk)
      const found = /curl (http\S+)\/v2\/topology/.exec(text)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('close', (code) => reject(new Error(`ended with ${code}: ${text}`)))
  })
  t.equal((await fetch(`${url}/v2/topology`)).status, 200)
  const main =
    "import('camunda-auth-proxy').then((m) => console.log(typeof m.buildApp, typeof m.loadSettings))"
  t.match(execFileSync(process.execPath, ['-e', main], { cwd: empty, encoding: 'utf8' }), 'function function')
})
