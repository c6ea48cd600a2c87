import type { StatusSnapshot } from '../status.ts'
import { type PageDocument, type PageElement, patch } from './dom.ts'
import { drawPage } from './view.ts'
import { headline, span, stateWords } from './words.ts'

declare const document: PageDocument
declare const navigator: { clipboard?: { writeText(text: string): Promise<void> } }

/** Asks every two seconds while somebody looks, and moves what moves every second. */
export function main(): void {
  const POLL_MS = 2_000
  const place = (id: string) => document.getElementById(id) as PageElement
  let snapshot: StatusSnapshot | undefined
  let receivedAt = 0
  let askedAt = Number.NEGATIVE_INFINITY
  let isAsking = false
  let failedSince: number | undefined
  let copied: string | undefined

  const draw = () => {
    const now = performance.now()
    const lost = place('lost')
    lost.hidden = failedSince === undefined
    if (failedSince !== undefined)
      patch(lost, [
        `No answer from the proxy for ${span(now - failedSince)}. What is below is what it said last.`,
      ])
    if (snapshot === undefined) return
    const current = advanced(snapshot, now - receivedAt)
    const { version, uptimeMs, processes } = current
    const many = processes === 1 ? '1 process' : `${processes} processes`
    patch(place('meta'), [`version ${version} · up ${span(uptimeMs)} · ${many}`])
    patch(place('view'), drawPage(current, { copied, copy }))
    // The region is read out when it changes, which it does with the states only.
    patch(place('news'), [newsOf(current, failedSince !== undefined)])
  }

  const copy = (key: string, text: string) => {
    void copyText(text).then((ok) => {
      copied = ok ? key : undefined
      draw()
      setTimeout(() => {
        if (copied === key) copied = undefined
      }, 2_000)
    })
  }

  const ask = async () => {
    isAsking = true
    askedAt = performance.now()
    try {
      const answer = await fetch('/status.json', {
        credentials: 'omit',
        signal: AbortSignal.timeout(10_000),
      })
      if (!answer.ok) throw new Error(`status ${answer.status}`)
      snapshot = (await answer.json()) as StatusSnapshot
      receivedAt = performance.now()
      failedSince = undefined
    } catch {
      failedSince ??= performance.now()
    }
    isAsking = false
    draw()
  }

  const tick = () => {
    if (document.visibilityState === 'hidden') return
    if (!isAsking && performance.now() - askedAt >= POLL_MS) void ask()
    else draw()
  }
  document.addEventListener('visibilitychange', tick)
  setInterval(tick, 1_000)
  tick()
}

/** The snapshot as it will be so much later, if nothing happens meanwhile. */
export function advanced(snapshot: StatusSnapshot, ms: number): StatusSnapshot {
  return {
    ...snapshot,
    uptimeMs: snapshot.uptimeMs + ms,
    clusters: snapshot.clusters.map((cluster) => ({
      ...cluster,
      credentials: cluster.credentials.map((credential) => {
        const { usableForMs, nextAttemptInMs, lastAttempt } = credential
        return {
          ...credential,
          usableForMs: Math.max(0, usableForMs - ms),
          ...(nextAttemptInMs !== undefined && { nextAttemptInMs: Math.max(0, nextAttemptInMs - ms) }),
          ...(lastAttempt && { lastAttempt: { ...lastAttempt, endedAgoMs: lastAttempt.endedAgoMs + ms } }),
        }
      }),
    })),
    requests: {
      ...snapshot.requests,
      steps: snapshot.requests.steps.map((step) => ({ ...step, agoMs: step.agoMs + ms })),
    },
    problems: snapshot.problems.map((problem) => ({ ...problem, agoMs: problem.agoMs + ms })),
  }
}

/** The states in one line, without anything that moves. */
export function newsOf({ clusters, isDraining }: StatusSnapshot, isLost: boolean): string {
  if (isLost) return 'The proxy does not answer.'
  const first = clusters[0]?.credentials[0]
  const states = clusters.map(
    ({ name, credentials }) => `${name}: ${credentials.map((one) => stateWords(one).words).join(', ')}`,
  )
  return first === undefined ? '' : `${headline(first, isDraining)}. ${states.slice(0, 10).join('. ')}.`
}

/** By the clipboard where browsers give it to pages, else the old way. */
export async function copyText(text: string): Promise<boolean> {
  try {
    if (navigator.clipboard === undefined) throw new Error('there is no clipboard')
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElementNS('http://www.w3.org/1999/xhtml', 'textarea')
    area.value = text
    const focused = document.activeElement
    document.body.append(area)
    area.select()
    const ok = document.execCommand('copy')
    area.remove()
    focused?.focus()
    return ok
  }
}
