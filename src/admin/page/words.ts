import type { CredentialStatus } from '../status.ts'

/** A state in words, and how it looks: the colour and the icon go by the tone. */
export interface StateWords {
  tone: 'ok' | 'wait' | 'warn' | 'bad' | 'off'
  words: string
}

/** A duration as people say it, in its two largest units. */
export function span(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1_000))
  if (s < 60) return `${s} s`
  if (s < 3_600) return `${Math.floor(s / 60)} min ${s % 60} s`
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3_600)} h`
}

/** How long something took. */
export function took(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

/** What a method's credential is called. */
export function nameOf({ strategy }: Pick<CredentialStatus, 'strategy'>): string {
  const names = {
    OAUTH: 'token',
    BEARER: 'token',
    BASIC: 'password',
    COOKIE: 'login',
    NONE: 'access',
    CALLER: 'token',
  }
  return names[strategy]
}

export function stateWords(
  credential: Pick<CredentialStatus, 'state' | 'strategy' | 'usableForMs'>,
): StateWords {
  const name = nameOf(credential)
  if (credential.strategy === 'NONE' && credential.usableForMs > 0)
    return { tone: 'ok', words: 'None needed' }
  switch (credential.state) {
    case 'fresh':
      return { tone: 'ok', words: 'Good' }
    case 'renewing':
      return { tone: 'ok', words: 'Good, being renewed' }
    case 'cold':
      return { tone: 'wait', words: `Getting the first ${name}` }
    case 'degraded':
      return { tone: 'warn', words: 'Still good, renewal fails' }
    case 'expired':
      return { tone: 'bad', words: `No ${name} can be had` }
    case 'misconfigured':
      return { tone: 'bad', words: 'Refused' }
    case 'rejected':
      return { tone: 'bad', words: 'Refused by the cluster' }
    case 'draining':
      return { tone: 'off', words: 'Shutting down' }
    case 'idle':
      return { tone: 'off', words: 'Idle until somebody calls' }
    case 'unused':
      return { tone: 'off', words: 'Not asked for yet' }
    case 'callers':
      return { tone: 'off', words: 'Callers bring their own' }
  }
}

/** The one sentence under the headline. */
export function lead(credential: CredentialStatus): string {
  const name = nameOf(credential)
  const next = credential.nextAttemptInMs
  const again = credential.isTrying
    ? 'It is being tried now.'
    : next === undefined
      ? ''
      : `Next try in ${span(next)}.`
  switch (credential.state) {
    case 'fresh':
    case 'renewing':
      return credential.strategy === 'NONE'
        ? 'Requests go to the cluster as they are: it asks for no credential.'
        : `Every request below /v2 goes out with a ${name} that is good for another ${span(credential.usableForMs)}.`
    case 'cold':
      return `The first ${name} is on its way; requests wait for it.`
    case 'degraded':
      return `Requests notice nothing for another ${span(credential.usableForMs)}. ${again}`
    case 'expired':
      return `Requests are answered with 503 until there is one. ${again}`
    case 'misconfigured':
      return `${credential.usableForMs > 0 ? `The old ${name} lasts another ${span(credential.usableForMs)}` : 'Requests are answered with 503'}. ${again}`
    case 'rejected':
      return `The cluster answers 401 even to a fresh ${name}, and callers get to see that.`
    case 'draining':
      return 'It takes no new requests, and finishes those in flight.'
    case 'callers':
      return 'Each caller sends its own client id and secret, and gets its own token.'
    default:
      return `The next request gets a new ${name}.`
  }
}

/** The headline. */
export function headline(credential: CredentialStatus, isDraining: boolean): string {
  if (isDraining) return 'Shutting down'
  const { tone } = stateWords(credential)
  const name = nameOf(credential)
  const failing = { misconfigured: `The ${name} was refused`, rejected: `The cluster refuses the ${name}` }
  if (credential.state === 'misconfigured' || credential.state === 'rejected')
    return failing[credential.state]
  if (tone === 'bad') return `No ${name} can be had`
  if (tone === 'warn') return `Renewing the ${name} fails`
  return tone === 'wait' ? `Getting the first ${name}` : 'Ready'
}
