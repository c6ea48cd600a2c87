import type { IncomingHttpHeaders } from 'node:http'
import type { Logger } from 'pino'
import { findCaller } from '../config/callers.ts'
import { openCallersFile } from '../config/callers-file.ts'
import type { Settings } from '../config/settings.ts'
import { anybody, namedCallers, tokenOf } from '../gateway/caller-check.ts'
import { isToken } from '../gateway/guard.ts'
import { type PeerGate, peerGate } from '../gateway/peer-gate.ts'
import { callersLog } from '../log.ts'

/** Finds out whether callers can be told apart as the settings say. @throws as `callerGuards` */
export async function checkCallers(settings: Settings, logger: Logger): Promise<void> {
  const guards = await callerGuards(settings, logger)
  guards.close()
}

/** How callers are known: by the one token, by the file of named callers, or not at all. @throws SettingsError */
export async function callerGuards(settings: Settings, logger: Logger) {
  const token = await settings.callerToken?.read()
  const isTheToken = token === undefined ? undefined : isToken(token)
  if (settings.callersFile === undefined)
    return { isCallerToken: isTheToken, callerCheck: anybody, callerOf: undefined, close() {} }
  const { callers, close } = await openCallersFile(settings.callersFile, callersLog(logger))
  return {
    isCallerToken: (given: string) =>
      findCaller(callers(), given) !== undefined || isTheToken?.(given) === true,
    callerCheck: namedCallers(callers),
    callerOf: (headers: IncomingHttpHeaders) => findCaller(callers(), tokenOf(headers))?.name,
    close,
  }
}

/** The gate for these users; the one that there is, if it is for the same, so that nobody is looked up twice. */
export function peersOf(
  allowed: Settings['allowedUids'],
  before: PeerGate | undefined,
): PeerGate | undefined {
  if (allowed === undefined) return undefined
  return before !== undefined && isEqual(before.allowed, allowed) ? before : peerGate(allowed)
}

function isEqual(one: ReadonlySet<number>, other: ReadonlySet<number>): boolean {
  return one.size === other.size && [...one].every((uid) => other.has(uid))
}
