import type { Dispatcher } from 'undici'
import type { BaseUrl } from '../../src/config/base-url.ts'
import type { CredentialKeeper } from '../../src/credentials/keeper.ts'
import type { Destinations } from '../../src/upstream/destinations.ts'

/** One cluster at `/v2`, with the connections and the keeper of a test. */
export function oneDestination(
  address: BaseUrl,
  dispatcher: Dispatcher,
  keeper: CredentialKeeper,
): Destinations {
  const settings = { apis: new Map([['v2', {}]]), scope: { readOnly: false, allow: [] } }
  const destination = {
    address,
    dispatcher,
    hasSession: false,
    callersAreClients: false,
    keeperFor: () => keeper,
  }
  const destinations = {
    cluster: (name: string | undefined) => (name === undefined ? settings : undefined),
    get: () => destination,
  }
  return destinations as unknown as Destinations
}
