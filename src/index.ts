/** What an application may import. */
export { type App, type AppOptions, buildApp } from './app.ts'
export type { ApiName } from './config/apis.ts'
export type { BaseUrl } from './config/base-url.ts'
export { type EffectiveSetting, type LoadedSettings, loadSettings } from './config/load.ts'
export { Secret } from './config/secrets.ts'
export type {
  ApiSettings,
  AuthSettings,
  BasicSettings,
  BearerSettings,
  CallerAuthSettings,
  ClientAuth,
  ClusterSettings,
  ConnectionSettings,
  CookieSettings,
  IdentityProvider,
  OAuthSettings,
  ScopePolicy,
  Settings,
  TlsSettings,
} from './config/settings.ts'
export { type Clock, systemClock } from './credentials/clock.ts'
export {
  AcquireError,
  type AcquireFailure,
  type Credential,
  type CredentialSource,
  type IssuedCredential,
  type Keeper,
  type LoginSigns,
  type Session,
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
export type { Memory } from './credentials/remembering.ts'
export {
  type Fault,
  Problem,
  type ProblemCode,
  problemCodes,
  type SettingFault,
  SettingsError,
} from './errors.ts'
export { ReloadError } from './succession.ts'
