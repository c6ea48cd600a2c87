/** What an application may import. */
export { type App, type AppOptions, buildApp } from './app.ts'
export { type LoadedSettings, loadSettings } from './config/load.ts'
export { Secret } from './config/secrets.ts'
export type { Settings } from './config/settings.ts'
export { type Clock, systemClock } from './credentials/clock.ts'
export {
  AcquireError,
  type AcquireFailure,
  type Credential,
  type CredentialSource,
  type IssuedCredential,
} from './credentials/credential.ts'
export {
  CredentialKeeper,
  type KeeperEvent,
  type KeeperOptions,
  type KeeperState,
  type KeeperStatus,
} from './credentials/keeper.ts'
export { type OAuthOptions, oauthSource } from './credentials/oauth.ts'
export { Pace } from './credentials/pace.ts'
export { ReloadError } from './succession.ts'
export { Problem, type ProblemCode, problemCodes, type SettingFault, SettingsError } from './errors.ts'
