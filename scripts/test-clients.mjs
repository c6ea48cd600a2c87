/**
 * The official clients of other languages against the demo, without a credential: `node scripts/test-clients.mjs`.
 * Needs a build; takes each client from its registry, into a temporary folder. Prints a table of what each call was
 * answered with, and ends with 1 if one failed. A client that cannot be had is named, and fails nothing.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, startProxy, workFolder } from './lib/processes.mjs'

/** Newest first; Maven takes the first that is served with all that it depends on. */
const JAVA_CLIENTS = ['8.9.0', '8.8.14']
/** The newest, and the one of the older REST API, which asks for less in an answer. */
const PYTHON_CLIENTS = ['camunda-orchestration-sdk', 'camunda-orchestration-sdk<10']
const INSTALL_LIMIT_S = 300

/** What an answer has to show. */
const TOPOLOGY = /gatewayVersion"?: *"?[\d.]+/
const DEFINITIONS = /order-process/
const USER_TASKS = /"elementId":"approve-order"/

/**
 * @typedef {object} Call
 * @property {string} name
 * @property {[command: string, args: string[]]} program
 * @property {Record<string, string>} [env]
 * @property {RegExp} shows what its output has to show
 */
/** @typedef {{ client: string, version: string, calls: Call[] } | { client: string, missing: string }} Client */

const here = (name) => fileURLToPath(new URL(`clients/${name}`, import.meta.url))
const folder = workFolder('clients')

process.exit(await main())

/** @returns {Promise<number>} the exit code */
async function main() {
  const { url } = await startProxy(['demo'])
  const address = `http://localhost:${new URL(url).port}`
  const rows = []
  for (const take of [curl, cli, ...PYTHON_CLIENTS.map(python), java]) {
    const client = await take(address)
    if ('missing' in client) say(`${client.client} could not be had: ${client.missing}`)
    else for (const call of client.calls) rows.push({ ...client, ...call, ...(await made(call)) })
  }
  const lines = rows.map(({ client, version, name, result }) => [client, version, name, result])
  say(table([['Client', 'Version', 'Call', 'Result'], ...lines]))
  const failures = rows.filter(({ ok }) => !ok).length
  say(`${rows.length - failures} calls ok, ${failures} not ok`)
  return failures === 0 ? 0 : 1
}

/**
 * Makes one call, with nothing of this script's environment that a client might take for a credential.
 * @param {Call} call
 */
async function made({ program: [command, args], env, shows }) {
  const clean = { PATH: process.env.PATH, HOME: folder, ...env }
  const { ok, output } = await run(command, args, { cwd: folder, env: clean })
  const shown = shows.exec(output)?.[0]
  if (ok && shown !== undefined) return { ok: true, result: `ok: ${shown.replaceAll('"', '')}` }
  return { ok: false, result: `NOT OK: ${lastLine(output)}` }
}

/**
 * Camunda's own lines: the one for a Bearer token with no token, the one for a cookie with no cookie.
 * @param {string} address
 * @returns {Promise<Client>}
 */
async function curl(address) {
  const version = await run('curl', ['--version'])
  if (!version.ok) return { client: 'curl', missing: lastLine(version.output) }
  const bearer = `curl --header "Authorization: Bearer \${TOKEN}" \\
     \${ZEEBE_REST_ADDRESS}/v2/topology`
  const cookie = `curl -b cookie.txt -X POST 'http://localhost:8080/v2/user-task/search' -H 'Content-Type: application/json' -d '{}'`
  const basic = `curl -u demo:demo \${ZEEBE_REST_ADDRESS}/v2/topology`
  const line = (name, text, shows) => ({
    name,
    program: ['sh', ['-c', text.replace('http://localhost:8080', address)]],
    env: { ZEEBE_REST_ADDRESS: address },
    shows,
  })
  return {
    client: 'curl',
    version: /^curl (\S+)/.exec(version.output)?.[1] ?? '',
    calls: [
      line('GET /v2/topology, as for a token', bearer, TOPOLOGY),
      line('POST /v2/user-task/search, as for a cookie', cookie, USER_TASKS),
      line('GET /v2/topology, with Basic of its own', basic, TOPOLOGY),
    ],
  }
}

/**
 * @param {string} address
 * @returns {Promise<Client>}
 */
async function cli(address) {
  const home = join(folder, 'cli')
  const args = ['install', '--prefix', home, '--ignore-scripts', '--no-audit', '--no-fund', '@camunda8/cli']
  const { ok, output } = await run('npm', args, { cwd: folder, limitS: INSTALL_LIMIT_S })
  const why = output.split('\n').find((line) => /No matching version|404/.test(line)) ?? lastLine(output)
  if (!ok) return { client: '@camunda8/cli', missing: why.replace(/^npm error (\w+ )?/, '') }
  const packageFolder = join(home, 'node_modules', '@camunda8', 'cli')
  const { version, bin } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'))
  const c8ctl = (words, shows) => ({
    name: `c8ctl ${words.join(' ')}`,
    program: [process.execPath, [join(packageFolder, bin.c8ctl), ...words]],
    env: { CAMUNDA_BASE_URL: address },
    shows,
  })
  return {
    client: '@camunda8/cli',
    version,
    calls: [c8ctl(['get', 'topology'], TOPOLOGY), c8ctl(['list', 'process-definitions'], DEFINITIONS)],
  }
}

/**
 * @param {string} requirement as pip takes it
 * @returns {(address: string) => Promise<Client>}
 */
function python(requirement, at) {
  return async (address) => {
    const home = join(folder, `python-${at}`)
    const [program, pip] = [join(home, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', requirement]]
    const made = await run('python3', ['-m', 'venv', home], { limitS: INSTALL_LIMIT_S })
    const { ok, output } = made.ok ? await run(program, pip, { limitS: INSTALL_LIMIT_S }) : made
    if (!ok) return { client: requirement, missing: lastLine(output) }
    const version = await run(program, ['-m', 'pip', 'show', 'camunda-orchestration-sdk'])
    const call = (name, word, shows) => ({
      name,
      program: [program, [here('calls.py'), word]],
      env: { CAMUNDA_REST_ADDRESS: address },
      shows,
    })
    return {
      client: 'camunda-orchestration-sdk',
      version: /^Version: (\S+)/m.exec(version.output)?.[1] ?? '',
      calls: [
        call('get_topology', 'topology', TOPOLOGY),
        call('search_process_definitions', 'definitions', DEFINITIONS),
      ],
    }
  }
}

/**
 * @param {string} address
 * @returns {Promise<Client>}
 */
async function java(address) {
  const file = join(folder, 'class-path')
  let why = ''
  for (const version of JAVA_CLIENTS) {
    const args = ['dependency:build-classpath', `-Dclient.version=${version}`, `-Dmdep.outputFile=${file}`]
    const options = { cwd: folder, limitS: INSTALL_LIMIT_S }
    const { ok, output } = await run('mvn', ['-B', '-q', '-f', here('pom.xml'), ...args], options)
    if (ok) return javaCalls(address, version, readFileSync(file, 'utf8').trim())
    why = output.split('\n').find((line) => line.trim() !== '') ?? ''
  }
  return { client: 'camunda-client-java', missing: why.slice(0, 300) }
}

/**
 * @param {string} address
 * @param {string} version
 * @param {string} classPath
 * @returns {Client}
 */
function javaCalls(address, version, classPath) {
  const call = (name, word, shows) => ({
    name,
    program: ['java', ['-cp', classPath, here('Calls.java'), address, word]],
    shows,
  })
  return {
    client: 'camunda-client-java',
    version,
    calls: [
      call('newTopologyRequest', 'topology', TOPOLOGY),
      call('newProcessDefinitionSearchRequest', 'definitions', DEFINITIONS),
    ],
  }
}

/** @param {string[][]} rows */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)))
  return rows
    .map((cells) =>
      cells
        .map((cell, at) => cell.padEnd(widths[at]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? ''
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`)
}
