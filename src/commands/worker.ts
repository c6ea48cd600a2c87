import cluster from 'node:cluster'
import type { Logger } from 'pino'
import { buildServing, DRAIN_MS, type StandaloneServing } from '../app.ts'
import { loadSettings } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { systemClock } from '../credentials/clock.ts'
import { type ListenTarget, listenAsWorker } from '../gateway/listen.ts'
import { Link } from '../workers/link.ts'
import type { SentSettings, ToPrimary, ToWorker } from '../workers/messages.ts'
import { RemoteCredentials } from '../workers/remote-credentials.ts'
import { type CommandContext, ExitCode } from './command.ts'
import { commandLogger } from './logging.ts'

/** A terminal sends these to the whole group: what comes of them is the primary's to say. */
const PRIMARYS_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
/** More than the drain takes. */
const LAST_RESORT_MS = DRAIN_MS + 5_000

type StartMessage = Extract<ToWorker, { type: 'start' }>

/** A process that forwards requests with what its primary gives it. Resolves with its exit code. */
export function worker(context: Pick<CommandContext, 'stdout'>): Promise<number> {
  const { worker: self } = cluster
  if (self === undefined)
    throw new Error('it is started by camunda-auth-proxy itself: see the setting workers')
  for (const signal of PRIMARYS_SIGNALS) process.on(signal, () => {})
  // Of a message of Node's own that the primary was no longer there to take: that it is gone is heard of as well.
  self.on('error', () => {})
  return new Promise((resolve) => {
    const work = new Work(context, resolve)
    process.on('message', (message: ToWorker) => work.receive(message))
    self.once('disconnect', () => {
      // Else Node ends this process as soon as its primary is gone, and the requests in flight with it.
      self.exitedAfterDisconnect = true
      work.onPrimaryGone()
    })
    send({ type: 'hello' })
  })
}

class Work {
  readonly #context: Pick<CommandContext, 'stdout'>
  readonly #end: (code: number) => void
  readonly #link: Link
  #credentials: RemoteCredentials | undefined
  /** One after the other. */
  #settled: Promise<void> | undefined
  readonly #clock = systemClock()
  #logger: Logger | undefined
  #serving: StandaloneServing | undefined
  #isEnding = false

  constructor(context: Pick<CommandContext, 'stdout'>, end: (code: number) => void) {
    this.#context = context
    this.#end = end
    this.#link = new Link(send, this.#clock)
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case 'start':
        this.#settled = this.#begin(message).catch((error: unknown) => this.#fail(error))
        break
      case 'reload':
        // Before it starts it has nothing to replace, and will be told the newest.
        this.#settled = this.#settled?.then(() => this.#reload(message)).catch((error) => this.#leave(error))
        break
      case 'listen':
        this.#listen(message.target).catch((error: unknown) => this.#fail(error))
        break
      case 'drain':
        void this.#finish(ExitCode.ok)
        break
      case 'ping':
        send({ type: 'pong' })
        break
      case 'report':
        send({ type: 'reported', ask: message.ask, tally: this.#serving?.tally() })
        break
      default:
        this.#credentials?.receive(message)
    }
  }

  onPrimaryGone(): void {
    this.#link.close()
    if (this.#isEnding) return
    this.#logger?.error('the process that gets the credentials is gone: requests in flight may finish')
    void this.#finish(ExitCode.ok)
  }

  async #begin({ number, pseudonym, ...sent }: StartMessage): Promise<void> {
    const settings = await settingsOf(sent)
    const logger = (await commandLogger(this.#context, settings.logLevel)).child({ worker: number })
    this.#logger = logger
    for (const event of ['uncaughtException', 'unhandledRejection'])
      process.on(event, (error: unknown) => this.#onDefect(error, logger))
    const credentials = new RemoteCredentials(this.#link, this.#clock, sent.edition)
    this.#credentials = credentials
    const own = { credentials, pseudonym }
    this.#serving = await buildServing(settings, { logger, clock: this.#clock }, own)
    // Before it listens, it has what there is.
    watchMain(settings, credentials)
    send({ type: 'ready' })
  }

  async #reload(sent: SentSettings): Promise<void> {
    if (this.#serving === undefined || this.#credentials === undefined || this.#isEnding) return
    const settings = await settingsOf(sent)
    const next = this.#credentials.next(sent.edition)
    this.#credentials = next
    watchMain(settings, next)
    await this.#serving.reload(settings, next)
    if (this.#logger !== undefined) this.#logger.level = settings.logLevel
  }

  /** It cannot go by the settings of the others: another one takes its place. */
  #leave(error: unknown): void {
    const why = error instanceof Error ? error.message : 'an unknown error'
    this.#logger?.error(`the new settings cannot be used by this worker: ${why}`)
    send({ type: 'leaving' })
    void this.#finish(ExitCode.failed)
  }

  async #listen(target: ListenTarget): Promise<void> {
    if (this.#serving === undefined || this.#isEnding) return
    send({ type: 'listening', address: await listenAsWorker(this.#serving.gateway, target) })
  }

  #fail(error: unknown): void {
    const message = error instanceof Error ? error.message : 'an unknown error'
    send({ type: 'failed', message }, () => this.#end(ExitCode.failed))
  }

  #onDefect(err: unknown, logger: Logger): void {
    // The second one, or one of the log.
    if (this.#isEnding) this.#end(ExitCode.failed)
    send({ type: 'leaving' })
    void this.#finish(ExitCode.failed)
    logger.fatal({ err }, 'an unexpected error: closing')
  }

  /** Lets requests in flight finish, and ends. */
  async #finish(code: number): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    setTimeout(() => this.#end(ExitCode.failed), LAST_RESORT_MS).unref()
    try {
      await this.#serving?.close()
    } finally {
      this.#end(code)
    }
  }
}

async function settingsOf({ args, env, files, staying }: SentSettings): Promise<Settings> {
  const { settings } = await loadSettings(args, env, (path) => files.get(path) ?? '', undefined, staying)
  return settings
}

function watchMain(settings: Settings, credentials: RemoteCredentials): void {
  if (!settings.callersAreClients) credentials.keeperFor(settings.defaultCluster, 'v2')(undefined).watch()
}

function send(message: ToPrimary, done: () => void = () => {}): void {
  if (process.connected) process.send?.(message, undefined, undefined, done)
  else done()
}
