import type { Report } from './check.ts'
import type { Plan, Status, Step } from './step.ts'

const SIGNS: Record<Status, { symbol: string; colour: number }> = {
  ok: { symbol: '✓', colour: 32 },
  warning: { symbol: '!', colour: 33 },
  failed: { symbol: '✗', colour: 31 },
  skipped: { symbol: '-', colour: 90 },
}
const BOLD = 1

/** How texts are shown: on a terminal with symbols, and with colours if they are wanted. */
export interface Look {
  symbols: boolean
  colours: boolean
}

/** A step for a person. */
export function stepText(step: Step, look: Look): string {
  const { name, cluster, target, status, tookMs, tried, detail, cause, cure } = step
  const { symbol, colour } = SIGNS[status]
  const sign = paint(look, colour, `${look.symbols ? `${symbol} ` : ''}${status.padEnd(7)}`)
  const about = target === undefined || tried.includes(target) ? tried : `${tried}: ${target}`
  const whose = cluster === undefined || cluster === 'default' ? '' : `[${cluster}] `
  const head = `${sign}  ${paint(look, BOLD, name.padEnd(10))}  ${whose}${about} (${tookMs} ms)`
  const rest = [
    ...detail,
    ...(cause === undefined ? [] : [`likely cause: ${cause}`]),
    ...(cure === undefined ? [] : [paint(look, BOLD, `cure: ${cure}`)]),
  ]
  return [head, ...rest.map((line) => `           ${line}`)].map((line) => `${line}\n`).join('')
}

/** What is shown while a step lasts. */
export function progressText({ tried, cluster }: Plan): string {
  return `… ${cluster === undefined || cluster === 'default' ? '' : `[${cluster}] `}${tried}`
}

/** The last line. */
export function summaryText({ ok, steps }: Report, look: Look): string {
  const count = (status: Status) => steps.filter((step) => step.status === status).length
  const counts = (['ok', 'warning', 'failed', 'skipped'] as const)
    .filter((status) => count(status) > 0)
    .map((status) => `${count(status)} ${status}`)
    .join(', ')
  const first = steps.find(({ status }) => status === 'failed')
  const verdict = ok
    ? 'The way to the cluster is open'
    : `Something is wrong, first in the step ${first?.name}`
  return `\n${paint(look, ok ? SIGNS.ok.colour : SIGNS.failed.colour, verdict)}: ${counts}.\n`
}

function paint({ colours }: Look, code: number, text: string): string {
  return colours ? `\x1b[${code}m${text}\x1b[0m` : text
}
