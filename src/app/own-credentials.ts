import type { CredentialRecord } from '../admin/credential-record.ts'
import type { StatusBoard } from '../admin/status-board.ts'
import type { AuthSettings, Settings } from '../config/settings.ts'
import { ClientKeepers } from '../credentials/clients.ts'
import { systemClock } from '../credentials/clock.ts'
import { printable } from '../credentials/idp-errors.ts'
import { CredentialKeeper, type KeeperEvent, type KeeperOptions } from '../credentials/keeper.ts'
import type { Keepers } from '../credentials/keepers.ts'
import { remembering } from '../credentials/remembering.ts'
import { keeperLog } from '../log.ts'
import type { Connections } from '../upstream/connections.ts'
import { OwnCredentials } from '../upstream/own-credentials.ts'
import type { AppOptions } from './options.ts'

type Strategy = AuthSettings['strategy']

/** Who hears of what happens to a credential, beside the log. */
interface Listeners {
  onChange(keeper: CredentialKeeper): void
  record: CredentialRecord
  board: StatusBoard
}

/** Makes the credentials of this process for any settings; whatever these are, equal ones are kept by one keeper. */
export function makeCredentials(
  { logger, random = Math.random, clock = systemClock(), memory }: AppOptions,
  connections: Connections,
  keepers: Keepers,
  { onChange, record, board }: Listeners,
): (settings: Settings) => OwnCredentials {
  const makeKeeper = (
    options: Omit<KeeperOptions, 'clock' | 'random' | 'onEvent'>,
    ...listeners: ((event: KeeperEvent) => void)[]
  ) => {
    const onEvent = (event: KeeperEvent) => {
      for (const listener of listeners) listener(event)
      onChange(keeper)
    }
    const keeper: CredentialKeeper = new CredentialKeeper({ ...options, clock, random, onEvent })
    return keeper
  }
  // A logger made from another has the level of that moment for good, and a keeper may outlive it.
  const logged = (bindings: object, strategy?: Strategy) => (event: KeeperEvent) =>
    keeperLog(logger.child(bindings), strategy)(event)
  const clients = new ClientKeepers({
    keepers,
    now: () => clock.now(),
    makeKeeper(asking, pace, clientId, onEvent) {
      const source = record.measured(undefined, asking)
      const listeners = [onEvent, logged({ client: printable(clientId) }), record.listener(undefined)]
      return makeKeeper({ source, pace, onlyIfUsed: true, refusal: 'caller-refused' }, ...listeners)
    },
  })
  return ({ clusters, defaultCluster }) =>
    new OwnCredentials({
      clusters,
      main: defaultCluster,
      connections,
      keepers,
      clients,
      makeKeeper(asking, pace, { cluster, api, strategy, isMain, onlyIfUsed, remembered }) {
        const name = { cluster, api }
        const measured = record.measured(name, asking)
        const source = memory && remembered ? remembering(measured, remembered, memory) : measured
        const listeners = [
          logged(clusters.size > 1 ? { cluster } : {}, strategy),
          record.listener(name),
          (event: KeeperEvent) => board.note(event, { cluster, strategy, source }),
        ]
        return makeKeeper({ source, pace, onlyIfUsed, keepReady: isMain }, ...listeners)
      },
    })
}
