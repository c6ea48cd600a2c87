import { accessSync, constants } from 'node:fs'
import type { IncomingHttpHeaders, Server } from 'node:http'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Names below `.test` lead to this machine, its own names and addresses stay, and there is nothing else. */
const RESOLVER_RULES = [
  'MAP *.test 127.0.0.1',
  'MAP * ~NOTFOUND',
  ...['127.0.0.1', '127.0.0.2', '0.0.0.0', '::1', '[::1]', 'localhost', 'localhost.', '*.localhost'].map(
    (host) => `EXCLUDE ${host}`,
  ),
]

/** Why a test with a browser is left out; false where there is one, or has to be (`REQUIRE_CHROMIUM=1`). */
export function noBrowser(): string | false {
  if (process.env.REQUIRE_CHROMIUM === '1') return false
  try {
    accessSync(executablePath, constants.X_OK)
    return false
  } catch {
    return `there is no Chromium at ${executablePath} (set CHROMIUM)`
  }
}

/** A browser that ends with the test. What `publicSites` serve on 127.0.0.1 counts as coming from the internet. */
export async function openBrowser(t: Test, publicSites: readonly number[] = []): Promise<Browser> {
  const spaces = publicSites.map((port) => `127.0.0.1:${port}=public`).join(',')
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    timeout: 120_000,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      `--host-resolver-rules=${RESOLVER_RULES.join(', ')}`,
      ...(spaces === '' ? [] : [`--ip-address-space-overrides=${spaces}`]),
    ],
  })
  t.teardown(() => browser.close())
  return browser
}

/**
 * Says yes to a page of the internet that wants to reach this machine, as its user would. Browsers ask only for secure
 * pages, and for none at a loopback address.
 */
export async function grantLocalNetwork(page: Page, origin: string): Promise<void> {
  await page.context().grantPermissions(['local-network-access'], { origin })
}

/** A request that a browser made, and what it got. */
export interface Arrival {
  method: string
  url: string
  headers: IncomingHttpHeaders
  /** 0 until it is answered. */
  status: number
}

/** Everything that arrives at a server from now on. */
export function arrivals(server: Server): Arrival[] {
  const seen: Arrival[] = []
  server.prependListener('request', ({ method = '', url = '', headers }, response) => {
    const arrival = { method, url, headers, status: 0 }
    seen.push(arrival)
    response.once('finish', () => {
      arrival.status = response.statusCode
    })
  })
  return seen
}
