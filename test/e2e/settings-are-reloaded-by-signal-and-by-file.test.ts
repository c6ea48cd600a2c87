import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { cluster, idp } from '../helpers/clusters.ts'
import { runProgram } from '../helpers/program.ts'
import { fileIn } from '../helpers/proxy.ts'
import { oauth } from '../helpers/reload-lab.ts'
import { callOnce } from '../helpers/workers.ts'

const SECRET = 'canary-of-the-reload'

async function lab(t: Test, more: string) {
  const [provider, one, other] = [await idp(t), await cluster(t), await cluster(t)]
  const text = (url: string, last = '') => `${oauth(url, provider.tokenUrl, SECRET, more)}${last}\n`
  const path = fileIn(t, 'proxy.yaml', text(one.url))
  const program = runProgram(t, ['start', '--config', path])
  const { listening, admin } = await program.line('listening on')
  const url = `${listening}/v2/topology`
  const called = async () => (await fetch(url)).status
  return {
    one,
    other,
    provider,
    text,
    path,
    program,
    called,
    admin: String(admin),
    listening: String(listening),
  }
}

const ports = 'port: 0\nadminPort: 0'

t.test('by its file and by SIGHUP; bad ones are refused', async (t) => {
  const { one, other, provider, text, path, program, called, admin } = await lab(t, ports)
  t.equal(await called(), 200)
  writeFileSync(path, text(other.url))
  t.match(await program.line('settings reloaded'), { changed: ['restAddress'], why: /file/ })
  t.equal(await called(), 200)
  t.equal(other.seen.length, 1)
  writeFileSync(path, text(one.url, 'accessLog: everything'))
  program.child.kill('SIGHUP')
  const refused = await program.line('the old ones hold')
  t.match(refused, { level: 'error', faults: [/^accessLog \(.*\): expected /] })
  t.equal(await called(), 200)
  t.equal(other.seen.length, 2)
  const metrics = await (await fetch(`${admin}/metrics`)).text()
  t.match(metrics, /camunda_auth_proxy_config_last_reload_successful 0\n/)
  t.match(metrics, /camunda_auth_proxy_config_reloads_total\{result="refused"\} [1-9]/)
  t.equal(provider.requests.length, 1, 'the client is the same')
  t.notMatch(program.stdout() + program.stderr(), SECRET)
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0)
})

t.test('with workers', async (t) => {
  const { other, provider, text, path, program, called, listening } = await lab(t, `${ports}\nworkers: 2`)
  t.equal(await called(), 200)
  writeFileSync(path, text(other.url, 'port: 1').replace('port: 0\n', ''))
  program.child.kill('SIGHUP')
  t.match(await program.line('need a restart'), { needsRestart: ['port'] })
  // Each worker takes a moment; whoever has not yet goes by what was before.
  const statuses = new Set<number | undefined>()
  while (other.seen.length < 20) {
    const { status } = await callOnce(`${listening}/v2/topology`)
    statuses.add(status)
  }
  t.strictSame([...statuses], [200])
  t.equal(provider.requests.length, 1, 'the client is the same')
})
