import { type ApiName, apiNames, apis } from '../config/apis.ts'
import { allows, parseRule, type Rule, type Segment, segmentsOf } from '../config/rules.ts'
import type { ScopePolicy } from '../config/settings.ts'

/**
 * Why a request may not pass, or undefined. The path is what `callerPath` gives for a checked target, with or without
 * its query.
 */
export type Policy = (method: string, api: ApiName, path: string) => 'read-only' | 'not-in-scope' | undefined

/** What never changes anything, whatever the path (RFC 9110 section 9.2.1). */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The POSTs of each API that only read. */
const READS = new Map(apiNames.map((api) => [api, apis[api].reads.map((path) => compiled(`POST ${path}`))]))

/**
 * Makes a function of a policy. A request that is neither a read nor in the allow-list is refused as `read-only`.
 *
 * @throws {TypeError} if a rule cannot be read; the settings have been checked with `parseRule` before.
 */
export function compilePolicy({ readOnly, allow }: ScopePolicy): Policy {
  const rules = allow.map(compiled)
  if (!readOnly && rules.length === 0) return () => undefined
  return (method, api, path) => {
    const segments = segmentsOf(path)
    if (readOnly && !onlyReads(method, api, segments)) return 'read-only'
    if (rules.length > 0 && !rules.some((rule) => allows(rule, method, segments))) return 'not-in-scope'
    return undefined
  }
}

function onlyReads(method: string, api: ApiName, segments: readonly Segment[]): boolean {
  return SAFE_METHODS.has(method) || READS.get(api)?.some((rule) => allows(rule, method, segments)) === true
}

function compiled(text: string): Rule {
  const rule = parseRule(text)
  if (typeof rule === 'string') throw new TypeError(`A rule cannot be read: expected ${rule}.`)
  return rule
}
