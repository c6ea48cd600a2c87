import type { Browser, Frame, Page } from 'playwright-core'
import type { Answer } from '../../helpers/fake-cluster.ts'
import { PRELUDE, type Way } from './ways.ts'

/** What no page may get to see. */
export const ASSET = 'what-the-cluster-keeps'

const LANES = 3

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
  /** Goes to where the script runs. */
  from(page: Page): Promise<Frame>
  way: Pick<Way, 'name' | 'script' | 'leaves'>
  target: string
  /** The origin of the hostile site. */
  site: string
}

/** Goes to a page. */
export function pageAt(url: string): Attack['from'] {
  return async (page) => {
    await page.goto(url)
    return page.mainFrame()
  }
}

/** Goes to a page, and into the first frame in it. */
export function frameAt(url: string): Attack['from'] {
  return async (page) => {
    await page.goto(url)
    const frame = page.frames()[1]
    if (frame === undefined) throw new Error(`there is no frame in ${url}`)
    return frame
  }
}

/** Makes an attack, and waits until `isOver`. Returns what the page could read. */
export async function attack(
  page: Page,
  { from, way, target, site }: Attack,
  isOver: () => Promise<void>,
): Promise<string> {
  const frame = await from(page)
  const known = `const target = ${JSON.stringify(target)}, site = ${JSON.stringify(site)}`
  const read = await frame.evaluate(`(async () => {${known}\n${PRELUDE}\n${way.script}})()`)
  await isOver()
  if (way.leaves) await page.waitForURL((url) => url.href.startsWith(target))
  for (const other of page.context().pages()) if (other !== page) await other.close()
  return String(read)
}

/** Does something for each of many, a few at a time, each time with a page that nobody else uses. */
export async function each<T>(
  browser: Browser,
  many: readonly T[],
  act: (page: Page, one: T, index: number) => Promise<void>,
): Promise<void> {
  const entries = many.entries()
  const work = async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    for (const [index, one] of entries) await act(page, one, index)
    await context.close()
  }
  await Promise.all(Array.from({ length: LANES }, work))
}
