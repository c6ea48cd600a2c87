import type { IncomingHttpHeaders } from 'node:http'
import { Problem } from '../errors.ts'

/** Clients may ask for another method than that of the request line by these, and servers may obey. */
const HEADERS = ['x-http-method-override', 'x-http-method', 'x-method-override']

/** The problem of a request whose method is not the one that rules are compared with, if it is such a one. */
export function methodOverride(headers: IncomingHttpHeaders): Problem | undefined {
  const name = HEADERS.find((header) => headers[header] !== undefined)
  if (name === undefined) return undefined
  return new Problem('not-in-scope', `The header ${name} could make another request of this one.`)
}
