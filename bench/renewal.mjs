/** Ours, while tokens are renewed all the time, beside ours with one token. */
import { drive } from './drive.mjs'
import { mustSign, warmUp } from './load.mjs'

const SECONDS = 6
export const lifetimes = { short: 3, long: 86_400 }

/**
 * One round, with each lifetime in turn, the first of them changing from round to round.
 * Throws if any answer was not good: the cluster refuses a token that is past its life.
 * @param {(tokenLifetimeS: number) => Promise<import('./proxies.mjs').Proxy>} start
 */
export async function renewalRound(round, start, { call, connections }, options) {
  const names = round % 2 === 0 ? ['short', 'long'] : ['long', 'short']
  const figures = {}
  for (const name of names) {
    const proxy = await start(lifetimes[name])
    try {
      await mustSign(proxy.url, call)
      const load = { ...call, connections }
      await warmUp(proxy, load, options)
      const before = proxy.tokenRequests()
      const { requests, p50, p99, p999 } = await drive(proxy.url, load, { ...options, seconds: SECONDS })
      figures[name] = { requests, p50, p99, p999, tokenRequests: proxy.tokenRequests() - before }
    } finally {
      await proxy.stop()
    }
  }
  return figures
}
