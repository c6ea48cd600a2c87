import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import ts from 'typescript'
import { camunda } from '../helpers/library.ts'

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

  const names = ['build-app', 'fastify-plugin', 'undici-interceptor']
  const files = names.map((name) => join(empty, `${name}.mts`))
  for (const name of names) copyFileSync(join('examples', `${name}.ts`), join(empty, `${name}.mts`))
  const { NodeNext, Bundler } = ts.ModuleResolutionKind
  t.same(faults(files, { module: ts.ModuleKind.NodeNext, moduleResolution: NodeNext }), [])
  t.same(faults(files.slice(-1), { module: ts.ModuleKind.ESNext, moduleResolution: Bundler }), [])

  const source = readFileSync(join(empty, 'undici-interceptor.mts'), 'utf8')
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
  writeFileSync(join(empty, 'example.mjs'), ts.transpileModule(source, { compilerOptions }).outputText)
  const { cluster, idp } = await camunda(t)
  const env = {
    CAMUNDA_REST_ADDRESS: cluster.url,
    CAMUNDA_OAUTH_URL: idp.tokenUrl,
    CAMUNDA_CLIENT_ID: 'test-client',
    CAMUNDA_CLIENT_SECRET: 'canary-secret-of-the-tarball',
  }
  const example = spawn(process.execPath, ['example.mjs'], { cwd: empty, env })
  t.teardown(() => example.kill('SIGKILL'))
  t.equal(await text(example.stdout), '200 {"ok":true}\n')
  t.equal(cluster.seen[0]?.headers.authorization, 'Bearer token-1')
})

/** What a strict program finds wrong with these files, and with our declarations that they lead to. */
function faults(files: string[], options: ts.CompilerOptions): string[] {
  const program = ts.createProgram(files, {
    ...options,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts'],
    types: ['node'],
    skipLibCheck: false,
    noEmit: true,
  })
  const isOurs = ({ fileName }: ts.SourceFile) =>
    files.includes(fileName) || fileName.includes('/camunda-auth-proxy/dist/')
  const ours = program.getSourceFiles().filter(isOurs)
  if (ours.length <= files.length) return ['our declarations were not found']
  return ours
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
}
