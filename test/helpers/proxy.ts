import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { Test } from 'tap'
import { type App, buildApp } from '../../src/app.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { Clock } from '../../src/credentials/clock.ts'
import { listen } from '../../src/gateway/listen.ts'
import { makeLogger } from '../../src/log.ts'
import { type Answer, type FakeCluster, fakeCluster } from './fake-cluster.ts'
import { type FakeIdp, fakeIdp, type IdpAnswer } from './fake-idp.ts'

export const CLIENT_SECRET = 'canary-secret-7f3a9d51c2e84b60'

export interface RunningProxy {
  app: App
  /** `http://127.0.0.1:PORT` */
  url: string
  port: number
  adminUrl: string
  /** All that was logged so far, as text. */
  log(): string
  /** The same, parsed. */
  logLines(): Record<string, unknown>[]
}

export interface ProxyOptions {
  /** One cluster, for the environment; without it `config` says where all are. */
  clusterUrl?: string
  tokenUrl?: string
  /** What the configuration file holds: YAML. */
  config?: string
  /** Further settings, by environment variable. */
  env?: Record<string, string>
  drainMs?: number
  /** Whether to acquire a credential before the test goes on. */
  warm?: boolean
  clock?: Clock
}

/** The real proxy on free ports, closed when the test ends. */
export async function runProxy(t: Test, options: ProxyOptions): Promise<RunningProxy> {
  const { clusterUrl, tokenUrl = '', config } = options
  const env = {
    ...(clusterUrl === undefined ? {} : { CAMUNDA_REST_ADDRESS: clusterUrl, ...oauthEnv(tokenUrl) }),
    CAMUNDA_PROXY_PORT: '0',
    CAMUNDA_PROXY_ADMIN_PORT: '0',
    ...options.env,
  }
  const args = config === undefined ? [] : ['--config', fileIn(t, 'proxy.yaml', config)]
  const { settings } = await loadSettings(args, env)
  const written: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk))
      done()
    },
  })
  const app = await buildApp(settings, {
    logger: makeLogger(settings.logLevel, destination),
    drainMs: options.drainMs ?? 1_000,
    ...(options.clock && { clock: options.clock }),
  })
  t.teardown(() => app.close())
  if (options.warm !== false) {
    app.start()
    await app.keeper?.obtain().catch(() => undefined)
  }
  const url = await listen(app.gateway, settings.listen)
  const adminUrl =
    app.admin === undefined || settings.admin === undefined ? '' : await listen(app.admin, settings.admin)
  const log = () => written.join('')
  return {
    app,
    url,
    port: url.startsWith('unix:') ? 0 : Number(new URL(url).port),
    adminUrl,
    log,
    logLines: () =>
      log()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

function oauthEnv(tokenUrl: string): Record<string, string> {
  return {
    CAMUNDA_OAUTH_URL: tokenUrl,
    CAMUNDA_CLIENT_ID: 'test-client',
    CAMUNDA_CLIENT_SECRET: CLIENT_SECRET,
  }
}

/** Writes a file that is gone when the test ends, and returns its path. */
export function fileIn(t: Test, name: string, text: string): string {
  const folder = existsSync(t.testdirName) ? t.testdirName : t.testdir({})
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** A whole set-up: identity provider, cluster and the proxy between them. */
export async function setUp(
  t: Test,
  options: {
    answer?: Answer
    idp?: IdpAnswer
    env?: Record<string, string>
    warm?: boolean
    drainMs?: number
    clock?: Clock
  } = {},
): Promise<{ proxy: RunningProxy; cluster: FakeCluster; idp: FakeIdp }> {
  const idp = await fakeIdp(options.idp)
  t.teardown(() => idp.close())
  const cluster = await fakeCluster(options.answer)
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { ...options, clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  return { proxy, cluster, idp }
}
