const MAX_AGE_MS = 5 * 60_000
/** By up to this part of it less, lest connections that were opened together end together. */
const SPREAD = 0.4

/**
 * When a connection that is opened now is too old to carry another exchange, however busy it is, in milliseconds on the
 * same clock: a new one asks again where the name leads and looks at the certificate.
 */
export function oldAt(now: number): number {
  return now + MAX_AGE_MS * (1 - SPREAD * Math.random())
}
