/** What the figures were measured on and with, and whether something is there at all. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'

/** How each program tells its version, and where in what it says the version stands. */
const programs = {
  nginx: [['-v'], /nginx\/(\S+)/],
  caddy: [['version'], /v?(\d\S*)/],
  go: [['version'], /go(\d\S*)/],
  wrk: [['-v'], /wrk (?:debian\/)?(\S+)/],
  taskset: [['--version'], /(\d[\d.]*)/],
  openssl: [['version'], /OpenSSL (\S+)/],
}
const packages = ['@fastify/http-proxy', 'fastify', 'undici', 'http-proxy-middleware']

/** The version of a program on the path; undefined if it is not there. */
function versionOf(program) {
  const [args, pattern] = programs[program]
  const { error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  return error ? undefined : (pattern.exec(stdout + stderr)?.[1] ?? 'unknown')
}

/** What no measurement goes without. */
export const NEEDED = ['wrk', 'nginx', 'taskset', 'openssl']

/** Those of some programs that are not on the path. */
export const lacking = (names) => names.filter((name) => versionOf(name) === undefined)

/** Facts that belong beside every figure, taken at the start. */
export function machine(cores) {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? 'unknown',
    logicalCpus: cpus().length,
    cores,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    loadAverage: loadavg().map((value) => Number(value.toFixed(2))),
    versions: {
      node: process.versions.node,
      ...Object.fromEntries(Object.keys(programs).map((name) => [name, versionOf(name)])),
      ...Object.fromEntries(packages.map((name) => [name, versionOfPackage(name)])),
    },
  }
}

function versionOfPackage(name) {
  try {
    const file = new URL(`../node_modules/${name}/package.json`, import.meta.url)
    return JSON.parse(readFileSync(file, 'utf8')).version
  } catch {
    return undefined
  }
}
