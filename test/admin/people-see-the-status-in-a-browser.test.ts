import axe from 'axe-core'
import type { Page } from 'playwright-core'
import t from 'tap'
import { noBrowser, openBrowser } from '../helpers/browser.ts'
import { json, tokens } from '../helpers/fake-idp.ts'
import { setUp } from '../helpers/proxy.ts'

const HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
const skip = noBrowser()

/** What axe-core finds: https://github.com/dequelabs/axe-core */
async function complaints(page: Page): Promise<string[]> {
  await page.evaluate(`${axe.source};0`)
  return page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
  )
}

t.test('a hostile provider fails, is seen to, and harms nobody', { skip }, async (t) => {
  const { proxy, idp } = await setUp(t, {
    idp: (_request, response) => json(response, 401, { error: 'invalid_client', error_description: HOSTILE }),
  })
  const browser = await openBrowser(t)
  const context = await browser.newContext({ reducedMotion: 'reduce', viewport: { width: 360, height: 740 } })
  const page = await context.newPage()
  const [said, asked]: [string[], string[]] = [[], []]
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(String(error)))
  page.on('request', (request) => asked.push(request.url()))
  await page.goto(`${proxy.adminUrl}/`)
  await page.getByRole('heading', { name: 'The token was refused' }).waitFor()
  t.match(await page.locator('.said').textContent(), HOSTILE, 'it is text and nothing else')
  t.equal(await page.locator('main img, main script').count(), 0)
  t.equal(await page.title(), 'camunda-auth-proxy: status')
  t.match(await page.locator('.problems').textContent(), /Fault: settings.*Check what the detail names/s)
  t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'it fits on a phone')

  idp.answerWith(tokens(300))
  proxy.app.keeper?.start()
  const copy = page.getByRole('button', { name: 'Copy lines for curl' })
  await page.evaluate(`Object.defineProperty(navigator, 'clipboard', { value: undefined })
    document.execCommand = () => { window.copied = document.querySelector('body > textarea').value; return true }`)
  await copy.click()
  t.equal(await page.evaluate('window.copied'), `curl ${proxy.url}/v2/topology`, 'without a clipboard, too')
  await page.keyboard.press('Tab')
  t.ok(await page.evaluate('document.activeElement.matches("main :focus-visible")'), 'by keyboard')

  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    t.strictSame(await complaints(page), [], `nobody is kept out, ${colorScheme}`)
  }
  t.strictSame(said, [], 'and nothing was blocked or broke')
  t.ok(
    asked.every((url) => url.startsWith(`${proxy.adminUrl}/`) || url.startsWith('data:')),
    'nor asked for elsewhere',
  )
})

t.test('what changes is seen without loading anew', { skip }, async (t) => {
  let isDown = false
  const answer = tokens(300)
  const { proxy } = await setUp(t, {
    idp: (request, response, number) =>
      isDown ? json(response, 503, {}) : answer(request, response, number),
  })
  const browser = await openBrowser(t)
  const page = await browser.newPage()
  await page.goto(`${proxy.adminUrl}/`)
  await page.getByRole('heading', { name: 'Ready' }).waitFor()
  t.match(
    await page.getByRole('progressbar').getAttribute('aria-valuetext'),
    /ends in 4 min .* s, renewal in/,
  )
  t.match(await page.getByRole('status').textContent(), /Ready\. default: Good/)
  isDown = true
  const keeper = proxy.app.keeper
  const refused = keeper?.peek()
  if (refused !== undefined) await keeper?.reject(refused)
  await page.getByRole('heading', { name: 'Renewing the token fails' }).waitFor()
  t.match(await page.getByRole('status').textContent(), /Still good, renewal fails/)
})
