/**
 * What may be wrong between this machine, the identity provider and the cluster, in one table: docs/check.md shows it,
 * and a test holds the two together. `{words}` in braces are filled in.
 */
const diagnoses = {
  'listener-taken': {
    cause: 'Something that is not this proxy listens on {host} already.',
    cure: 'End the other program, or give the proxy another port (setting port).',
  },
  'name-not-found': {
    cause: 'The name service knows no {host}.',
    cure: 'Check the spelling of the address in the settings; a name inside a company may need its VPN or name server. If no name is found, this machine has no way out, or only an egress proxy: set HTTPS_PROXY.',
  },
  'wrong-region': {
    cause:
      'Camunda’s SaaS has no {host} at this address: the region or the cluster id is another, or the cluster is gone.',
    cure: 'Copy region and cluster id anew from the cluster’s page in Console (settings clusterRegion and clusterId, or restAddress).',
  },
  'name-service-failed': {
    cause: 'The name service did not answer for {host}.',
    cure: 'Check the network of this machine; where only an egress proxy leads out, set HTTPS_PROXY.',
  },
  'connection-refused': {
    cause: '{host} refused the connection: nothing listens on that port.',
    cure: 'Check host and port of the address in the settings, and that the server is up.',
  },
  unreachable: {
    cause: '{host} could not be reached: a firewall, or a network without a way there.',
    cure: 'Check network, VPN and firewall; where only an egress proxy leads out, set HTTPS_PROXY.',
  },
  'timed-out': {
    cause: '{host} did not answer in time.',
    cure: 'Check network, VPN and firewall; where only an egress proxy leads out, set HTTPS_PROXY; if the server is slow, give a longer --timeout.',
  },
  'no-tls': {
    cause: '{host} does not speak TLS on that port.',
    cure: 'Check the port; if the server speaks plain http, write http:// and name its host in the setting allowPlainHttp.',
  },
  'https-wanted': {
    cause: '{host} refuses plain http.',
    cure: 'Write https:// in the address.',
  },
  'certificate-expired': {
    cause: 'The certificate of {host} has expired, or the clock of this machine is wrong.',
    cure: 'Have the certificate renewed by whoever runs the server; compare the clock of this machine (step clock).',
  },
  'certificate-not-yet-valid': {
    cause: 'The certificate of {host} is not valid yet, or the clock of this machine is behind.',
    cure: 'Set the clock of this machine, or wait until the certificate is valid.',
  },
  'certificate-expires-soon': {
    cause: 'The certificate of {host} ends within {days} days.',
    cure: 'Have it renewed by whoever runs the server.',
  },
  'certificate-self-signed': {
    cause: 'The certificate of {host} is signed by itself, and nobody here trusts it.',
    cure: 'Get the certificate from whoever runs the server, and name its file in the setting tlsCaFile (of the identity provider: oauthTlsCaFile).',
  },
  'certificate-unknown-issuer': {
    cause:
      'The certificate of {host} was issued by “{issuer}”, which is not trusted here: a company’s proxy that reads along, an authority of your own, or a server that leaves out the certificates between.',
    cure: 'Get the certificate of “{issuer}” in PEM from your network’s administrators, and name its file in the setting tlsCaFile (of the identity provider: oauthTlsCaFile) or in NODE_EXTRA_CA_CERTS.',
  },
  'certificate-wrong-host': {
    cause: 'The certificate is not for {host}, but for {names}.',
    cure: 'Use the name that the certificate has in the address, or have it issued for {host}.',
  },
  'client-certificate-wanted': {
    cause: '{host} wants a client certificate, or another one.',
    cure: 'Set tlsCertFile and tlsKeyFile (for the identity provider: oauthTlsCertFile and oauthTlsKeyFile).',
  },
  'tls-failed': {
    cause: 'The TLS handshake with {host} failed.',
    cure: 'Check what the server offers: this proxy speaks TLS 1.2 and 1.3.',
  },
  'egress-proxy-credentials': {
    cause: 'The egress proxy wants other credentials than those in its URL, or any (status 407).',
    cure: 'Put user and password into the URL of the setting httpsProxyFile or of HTTPS_PROXY, percent-encoded.',
  },
  'egress-proxy-refused': {
    cause: 'The egress proxy does not lead to {host}.',
    cure: 'Have the host allowed there; one that is reached directly belongs in NO_PROXY (setting noProxy).',
  },
  'egress-proxy-unreachable': {
    cause: 'The egress proxy itself could not be reached, or its certificate was not accepted.',
    cure: 'Check HTTPS_PROXY (setting httpsProxy); a host that is reached directly belongs in NO_PROXY (setting noProxy).',
  },
  'egress-proxy-unusable': {
    cause: 'The URL of the egress proxy cannot be used.',
    cure: 'Write it as http://HOST:PORT, with special characters of a password percent-encoded.',
  },
  'tls-unusable': {
    cause: 'A certificate or key of the TLS settings cannot be used.',
    cure: 'Look at the file that the line above names.',
  },
  'secret-shape': {
    cause: 'The {what} {fault}, which is rarely meant: most likely it came with it when it was copied.',
    cure: "Write the {what} anew, without that: printf %s '…' > FILE adds nothing to it.",
  },
  'secret-unreadable': {
    cause: 'The secret or key cannot be read, or cannot be used.',
    cure: 'Look at the file or setting that the line above names.',
  },
  'unknown-client': {
    cause: 'The identity provider {host} does not know the client id.',
    cure: 'Check the setting clientId, and that the client belongs to this identity provider, realm or tenant.',
  },
  'wrong-secret': {
    cause: 'The identity provider {host} knows the client, but the secret is wrong or has expired.',
    cure: 'Set the client secret anew (setting clientSecretFile); with Entra ID, give its value and not its id.',
  },
  'client-refused': {
    cause:
      'The identity provider {host} refused the client: client id or secret is wrong, or the client was deleted.',
    cure: 'Compare client id and secret with what was shown when the client was created; a lost secret cannot be shown again, so create a new client.',
  },
  'client-not-allowed': {
    cause:
      'The identity provider {host} knows the client, but it may not use client credentials: in Keycloak, client authentication or service accounts are off.',
    cure: 'In Keycloak switch on “Client authentication” and “Service account roles” of the client; elsewhere allow the grant type client_credentials.',
  },
  'unknown-audience': {
    cause:
      'The identity provider {host} does not know the audience, resource or scope, or the client may not have it.',
    cure: 'Check tokenAudience, oauthScope and oauthResource; Entra ID wants a scope such as api://APPLICATION_ID/.default.',
  },
  'unknown-tenant': {
    cause: 'Entra ID does not know the tenant in the token URL.',
    cure: 'Check the tenant id in the setting oauthUrl.',
  },
  'keycloak-realm': {
    cause:
      'Keycloak at {host} has no such realm, or another prefix: up to version 16 its paths begin with /auth, later only if that is set.',
    cure: 'Check the realm in the setting oauthUrl, and try it {prefix}.',
  },
  'token-url-wrong': {
    cause: 'At the token URL of {host} there is no token endpoint.',
    cure: 'Check the setting oauthUrl, or give the issuer (oauthIssuer), whose metadata names it.',
  },
  'rate-limited': {
    cause: '{host} says that it was asked too often (status 429){wait}.',
    cure: 'Wait before you try again, and find out who else asks from this address: Camunda’s SaaS allows about one token request a second for each source address and blocks it beyond that.',
  },
  'provider-failed': {
    cause: 'The identity provider {host} failed, or gave an answer that cannot be used.',
    cure: 'Try again later; if it lasts, ask whoever runs it.',
  },
  'login-refused': {
    cause: 'The cluster {host} refused user name or password.',
    cure: 'Check user name and password in the settings.',
  },
  'no-login-page': {
    cause: 'The cluster {host} has no login with user name and password.',
    cure: 'Use OAUTH for a cluster with OpenID Connect, BASIC for one with HTTP Basic (setting authStrategy); check the setting cookieAuthUrl.',
  },
  'token-unusable': {
    cause: 'The given token has expired, or is none.',
    cure: 'Get a new token, or set tokenCommand to a command that prints one.',
  },
  'command-failed': {
    cause: 'The command that should print a token failed.',
    cure: 'Run the command of the setting tokenCommand by hand.',
  },
  'credential-failed': {
    cause: 'No credential could be had.',
    cure: 'See what the line above says.',
  },
  'audience-not-given': {
    cause: 'The audience “{expected}” was asked for, and the token is for “{actual}”.',
    cure: 'Check the setting tokenAudience, and which audiences the client may have: Keycloak adds one by a mapper of the client, not by what is asked for.',
  },
  'token-short-lived': {
    cause: 'The token ends {seconds} s after it was issued.',
    cure: 'Have the lifetime of access tokens raised to some minutes: every renewal is a request that may fail.',
  },
  'clock-off': {
    cause: 'The clocks of this machine and of {host} differ by {seconds} s.',
    cure: 'Set the clocks by NTP (timedatectl set-ntp true), in containers that of their host: tokens seem expired, or not yet valid, to whoever’s clock is off.',
  },
  'wrong-audience': {
    cause:
      'The cluster {host} refuses a fresh token: it is for “{actual}”, and most likely the cluster expects another audience.',
    cure: 'Set tokenAudience to what the cluster expects: zeebe.camunda.io in Camunda’s SaaS; in Self-Managed it is in the cluster’s settings (CAMUNDA_SECURITY_AUTHENTICATION_OIDC_AUDIENCES), as an administrator can tell.',
  },
  'credential-not-taken': {
    cause: 'The cluster {host} refuses what the identity provider or the settings gave (status 401).',
    cure: 'Check that cluster and identity provider belong together, and that the cluster takes this method (setting authStrategy).',
  },
  'address-not-allowed': {
    cause:
      'Something in front of the cluster {host} refuses the address of this machine (status 403): an IP allowlist, or a firewall.',
    cure: 'Add the public address of this machine to the IP allowlist of the cluster in Console, or go out through a network that is on it.',
  },
  'not-authorized': {
    cause: 'The cluster {host} knows this client or user, but it may not {what} (status 403).',
    cure: 'In the cluster’s Admin, give it a role or an authorization for the resource {resource}.',
  },
  'v2-twice': {
    cause: 'The address holds a path of the API already: /v2 then stands twice in what is asked for.',
    cure: 'Leave /v2 and all that follows it out of the setting restAddress.',
  },
  'web-application': {
    cause: 'At this address of {host} a web page answers, such as Operate, Tasklist or a login, and no API.',
    cure: 'Give the address of the Orchestration Cluster’s REST API in the setting restAddress: without /operate, /tasklist or the like.',
  },
  'wrong-address': {
    cause: '{host} has no Camunda 8 REST API at {path} (status 404).',
    cure: 'Check the setting restAddress: host, port and, if the cluster has one, its context path.',
  },
  'cluster-failed': {
    cause: 'The cluster {host} failed (status {status}).',
    cure: 'Try again later; if it lasts, look at the cluster’s log, or ask whoever runs it.',
  },
  'answer-unusable': {
    cause: '{host} answered with something that no cluster says (status {status}).',
    cure: 'Check the setting restAddress: something else answers there.',
  },
} as const satisfies Record<string, { cause: string; cure: string }>

export type DiagnosisCode = keyof typeof diagnoses

export const diagnosisCodes = Object.keys(diagnoses) as DiagnosisCode[]

/** What is most likely wrong, and what to do about it. */
export interface Diagnosis {
  diagnosis: DiagnosisCode
  cause: string
  cure: string
}

/** A row of the table, with what stands in braces filled in. */
export function diagnose(code: DiagnosisCode, values: Readonly<Record<string, string>> = {}): Diagnosis {
  const { cause, cure } = diagnoses[code]
  const filled = (text: string) => text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
  return { diagnosis: code, cause: filled(cause), cure: filled(cure) }
}
