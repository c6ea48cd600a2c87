import type { Browser, BrowserContext, Frame } from 'playwright-core'
import type { Answer } from '../../helpers/fake-cluster.ts'
import { PRELUDE, type Way } from './ways.ts'

/** What no page may get to see. */
export const ASSET = 'what-the-cluster-keeps'

/** A cluster that lets every page read everything: what is not read nevertheless was kept back before. */
export const openToAll: Answer = ({ headers }, response) => {
  response.writeHead(200, {
    'content-type': headers.accept === 'text/event-stream' ? headers.accept : 'application/json',
    'access-control-allow-origin': headers.origin ?? '*',
    'access-control-allow-credentials': 'true',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '',
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  })
  response.end(JSON.stringify({ asset: ASSET }))
}

export interface Attack {
  /** Opens what the script runs in. */
  from(context: BrowserContext): Promise<Frame>
  way: Pick<Way, 'name' | 'script'>
  target: string
  /** The origin of the hostile site. */
  site: string
}

/** Goes to a page. */
export function pageAt(url: string): Attack['from'] {
  return async (context) => {
    const page = await context.newPage()
    await page.goto(url)
    return page.mainFrame()
  }
}

/** Goes to a page, and into the first frame in it. */
export function frameAt(url: string): Attack['from'] {
  return async (context) => {
    const page = await context.newPage()
    await page.goto(url)
    const [, frame] = page.frames()
    if (frame === undefined) throw new Error(`there is no frame in ${url}`)
    return frame
  }
}

/** Makes an attack from a profile of its own, and waits until `isOver`. Returns what the page could read. */
export async function attack(
  browser: Browser,
  { from, way, target, site }: Attack,
  isOver: () => Promise<void>,
): Promise<string> {
  const context = await browser.newContext({ serviceWorkers: 'allow' })
  try {
    const frame = await from(context)
    const known = `const target = ${JSON.stringify(target)}, site = ${JSON.stringify(site)}`
    const read = await frame.evaluate(`(async () => {${known}\n${PRELUDE}\n${way.script}})()`)
    await isOver()
    return String(read)
  } finally {
    await context.close()
  }
}

/** Does something for each of many, a few at a time. */
export async function each<T>(
  many: readonly T[],
  act: (one: T, index: number) => Promise<void>,
): Promise<void> {
  const entries = many.entries()
  const work = async () => {
    for (const [index, one] of entries) await act(one, index)
  }
  await Promise.all([work(), work(), work()])
}
