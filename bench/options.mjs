/** The flags of the benchmark. */
import { parseArgs } from 'node:util'
import { cases } from './cases.mjs'
import { proxies } from './proxies.mjs'

const flags = {
  cases: { type: 'string', default: Object.keys(cases).join(',') },
  proxies: { type: 'string', default: Object.keys(proxies).join(',') },
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '3' },
  requests: { type: 'string', default: '1000000' },
  out: { type: 'string', default: 'bench/results' },
}

/** Throws, with what was wrong, at an unknown flag, case or proxy, and at a count that is none. */
export function readOptions(argv) {
  const { values } = parseArgs({ args: argv, options: flags, strict: true })
  return {
    cases: names('cases', values.cases, cases),
    proxies: names('proxies', values.proxies, proxies),
    rounds: count('rounds', values.rounds),
    seconds: count('seconds', values.seconds),
    requests: count('requests', values.requests),
    out: values.out,
  }
}

function names(flag, text, known) {
  const given = text.split(',')
  const unknown = given.filter((name) => !Object.hasOwn(known, name))
  if (unknown.length > 0)
    throw new Error(`--${flag}: no ${unknown.join(', ')}; there is ${Object.keys(known).join(', ')}`)
  return Object.keys(known).filter((name) => given.includes(name))
}

function count(flag, text) {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${flag}: expected a whole number from 1`)
  return value
}
