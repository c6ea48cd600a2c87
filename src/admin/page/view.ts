import type { ClientLines } from '../client-lines.ts'
import type { ListedProblem } from '../problem-list.ts'
import type { Counts, StatusClass } from '../requests-history.ts'
import type { ClusterStatus, CredentialStatus, StatusSnapshot } from '../status.ts'
import { type Drawn, h } from './dom.ts'
import { headline, lead, type StateWords, span, stateWords, took } from './words.ts'

/** What the page can do beside showing. */
export interface Actions {
  copy(key: string, text: string): void
  /** What was copied just now. */
  copied: string | undefined
}

/** All that changes on the page. */
export function drawPage(snapshot: StatusSnapshot, actions: Actions): Drawn[] {
  const { clusters, furtherClusters, reload } = snapshot
  return [
    ...(reload !== undefined ? [drawReload(reload)] : []),
    drawHero(snapshot),
    section(
      'clusters',
      clusters.length + furtherClusters > 1 ? `Clusters (${clusters.length + furtherClusters})` : 'Cluster',
      h('div', { class: 'grid' }, ...clusters.map((cluster) => drawCluster(cluster, actions))),
      furtherClusters > 0
        ? h('p', { class: 'muted' }, `${furtherClusters} more are served and not shown here.`)
        : undefined,
    ),
    section('requests', 'Requests, last 5 minutes', drawRequests(snapshot.requests)),
    section('problems', 'Last problems', drawProblems(snapshot.problems)),
    section('tools', 'Point your tool at it', drawClients(snapshot.clients, actions)),
  ]
}

export function section(id: string, title: string, ...content: (Drawn | undefined)[]): Drawn {
  const heading = `${id}-title`
  return h(
    'section',
    { 'data-key': id, 'aria-labelledby': heading },
    h('h2', { id: heading }, title),
    ...content,
  )
}

export function drawReload({ at, ok, faults }: NonNullable<StatusSnapshot['reload']>): Drawn {
  const when = new Date(at)
  const time = Number.isNaN(when.getTime()) ? '' : ` at ${when.toLocaleTimeString()}`
  if (ok) return h('p', { 'data-key': 'reload', class: 'muted note' }, `Settings were reloaded${time}.`)
  return h(
    'div',
    { 'data-key': 'refused', class: 'banner bad', role: 'group', 'aria-label': 'Reload refused' },
    icon('bad'),
    h(
      'div',
      {},
      h('strong', {}, `The last reload was refused${time}; the settings before it are still in force.`),
      h('ul', {}, ...faults.map((fault) => h('li', {}, fault))),
    ),
  )
}

export function drawHero({ clusters, isDraining, listening }: StatusSnapshot): Drawn {
  const credential = clusters[0]?.credentials[0]
  if (credential === undefined)
    return h('section', { 'data-key': 'hero', class: 'hero' }, h('h2', {}, 'No cluster'))
  const { tone } = stateWords(credential)
  const look = isDraining ? 'off' : tone === 'off' ? 'ok' : tone
  return h(
    'section',
    { 'data-key': 'hero', class: `hero ${look}`, 'aria-labelledby': 'hero-title' },
    h('span', { class: 'medal' }, icon(look)),
    h(
      'div',
      {},
      h('h2', { id: 'hero-title' }, headline(credential, isDraining)),
      h('p', {}, lead(credential)),
      h(
        'p',
        { class: 'muted' },
        listening === undefined ? 'Nobody listens for callers yet.' : 'Callers find it at ',
        listening === undefined ? undefined : h('code', {}, listening),
      ),
    ),
  )
}

export function drawCluster(cluster: ClusterStatus, actions: Actions): Drawn {
  const { name, isDefault, address, base, readOnly, credentials } = cluster
  return h(
    'article',
    { 'data-key': name, class: 'card', 'aria-label': `Cluster ${name}` },
    h(
      'header',
      {},
      h('h3', {}, name),
      isDefault ? h('span', { class: 'chip' }, 'at /v2') : undefined,
      readOnly ? h('span', { class: 'chip' }, 'read-only') : undefined,
    ),
    h('dl', { class: 'facts' }, ...fact('Address', address)),
    copyLine(`base ${name}`, `base URL of ${name}`, base, actions),
    ...credentials.map((credential) => drawCredential(name, credential)),
  )
}

export function drawCredential(cluster: string, credential: CredentialStatus): Drawn {
  const { apis, strategy, clientId, user, audience, scope, identityProvider, lastFailure, claims } =
    credential
  const state = stateWords(credential)
  const where = apis.map(({ at }) => at).join(', ')
  return h(
    'div',
    { class: 'credential', role: 'group', 'aria-label': `Credential for ${where}` },
    h(
      'div',
      { class: 'row' },
      pill(state),
      h('span', { class: 'apis' }, ...apis.map(({ at }) => h('code', {}, at))),
    ),
    drawLife(credential),
    lastFailure === undefined
      ? undefined
      : h(
          'p',
          { class: 'said' },
          lastFailure.message,
          h('span', { class: 'muted' }, ` Fault: ${lastFailure.fault}.`),
        ),
    h(
      'dl',
      { class: 'facts' },
      ...fact('Method', strategy === 'CALLER' ? 'OAUTH, of each caller' : strategy),
      ...fact('Client id', clientId),
      ...fact('User', user),
      ...fact('Audience', audience),
      ...fact('Scope', scope),
      ...fact('Token from', identityProvider),
      ...fact('Last answer', lastAnswer(credential)),
      ...apis
        .filter(({ name }) => name !== 'v2')
        .flatMap(({ name, address }) => fact(`${name} is at`, address)),
    ),
    claims === undefined ? undefined : drawClaims(`${cluster} ${where}`, claims),
  )
}

/** How long it lasts, and when it is renewed: one bar that runs out, with a mark on it. */
export function drawLife(credential: CredentialStatus): Drawn | undefined {
  const { usableForMs, lifeMs, nextAttemptInMs, strategy } = credential
  if (strategy === 'NONE') return undefined
  const next = nextWords(credential)
  if (lifeMs === undefined || lifeMs <= 0) return next === '' ? undefined : h('p', { class: 'times' }, next)
  const share = Math.min(1, Math.max(0, usableForMs / lifeMs))
  const mark = (usableForMs - (nextAttemptInMs ?? usableForMs)) / lifeMs
  const left = usableForMs > 0 ? `ends in ${span(usableForMs)}` : 'has ended'
  const bar = {
    class: 'bar',
    role: 'progressbar',
    'aria-label': 'Life of the credential that is left',
    'aria-valuemin': 0,
    'aria-valuemax': 100,
    'aria-valuenow': Math.round(share * 100),
    'aria-valuetext': next === '' ? left : `${left}, ${next}`,
  }
  return h(
    'div',
    { class: 'life' },
    h(
      'div',
      bar,
      h('span', { class: `left ${stateWords(credential).tone}`, fill: share }),
      mark > 0 && mark < 1 ? h('span', { class: 'mark', fill: mark }) : undefined,
    ),
    h('p', { class: 'times' }, h('span', {}, next), h('span', {}, left)),
  )
}

export function nextWords({ isTrying, nextAttemptInMs, lastFailure }: CredentialStatus): string {
  if (isTrying) return 'being asked for now'
  if (nextAttemptInMs === undefined) return ''
  return `${lastFailure === undefined ? 'renewal' : 'next try'} in ${span(nextAttemptInMs)}`
}

export function lastAnswer({
  lastAttempt,
  lastFailure,
  nextAttemptInMs,
}: CredentialStatus): string | undefined {
  if (lastAttempt === undefined) return undefined
  const what = lastAttempt.ok ? 'ok' : (lastFailure?.code ?? 'failed')
  const next = lastAttempt.ok || nextAttemptInMs === undefined ? '' : `, next try in ${span(nextAttemptInMs)}`
  return `${what}, ${span(lastAttempt.endedAgoMs)} ago, took ${took(lastAttempt.tookMs)}${next}`
}

export function drawClaims(key: string, claims: NonNullable<CredentialStatus['claims']>): Drawn {
  const rows = Object.entries(claims).flatMap(([name, value]) => {
    const isTime = ['exp', 'iat', 'nbf', 'auth_time'].includes(name) && typeof value === 'number'
    const time = isTime ? new Date(value * 1_000) : undefined
    const isReadable = time !== undefined && !Number.isNaN(time.getTime())
    return fact(name, isReadable ? `${value} (${time.toLocaleString()})` : String(value))
  })
  return h(
    'details',
    { 'data-key': key },
    h('summary', {}, `Claims of the token (${rows.length / 2})`),
    h('dl', { class: 'facts claims' }, ...rows),
  )
}

export function fact(name: string, value: string | undefined): Drawn[] {
  return value === undefined ? [] : [h('dt', {}, name), h('dd', {}, value)]
}

export function drawRequests({ steps, stepMs }: StatusSnapshot['requests']): Drawn {
  const kinds: [StatusClass, string][] = [
    ['2xx', 'Success'],
    ['3xx', 'Redirect'],
    ['4xx', 'Client error'],
    ['5xx', 'Cluster error'],
    ['proxy', 'Answered by this proxy'],
  ]
  const sumOf = (counts: Counts) => kinds.reduce((sum, [kind]) => sum + counts[kind], 0)
  const totals = kinds.map(([kind, name]) => {
    return { kind, name, count: steps.reduce((sum, { counts }) => sum + counts[kind], 0) }
  })
  const highest = Math.max(1, ...steps.map(({ counts }) => sumOf(counts)))
  const bars = steps.flatMap(({ agoMs, counts }) => {
    const x = 590 - (agoMs / stepMs) * 10
    let y = 120
    return kinds.flatMap(([kind]) => {
      const height = (counts[kind] / highest) * 110
      y -= height
      if (height === 0) return []
      return [
        h('rect', {
          class: `k${kind}`,
          x: x.toFixed(1),
          y: y.toFixed(1),
          width: 8,
          height: height.toFixed(1),
          rx: 1,
        }),
      ]
    })
  })
  const told = totals
    .map(({ kind, name, count }) => `${name}${kind === 'proxy' ? '' : ` ${kind}`}: ${count}`)
    .join(', ')
  return h(
    'div',
    { class: 'card' },
    h(
      'svg',
      {
        class: 'chart',
        viewBox: '0 0 600 122',
        role: 'img',
        'aria-label': `Requests of the last 5 minutes. ${told}.`,
        preserveAspectRatio: 'none',
      },
      h('line', { x1: 0, x2: 600, y1: 121, y2: 121, class: 'axis' }),
      ...bars,
    ),
    h(
      'p',
      { class: 'times' },
      h('span', {}, '5 min ago'),
      h(
        'span',
        {},
        highest > 1 || bars.length > 0 ? `highest: ${highest} in ${stepMs / 1_000} s` : 'no requests yet',
      ),
      h('span', {}, 'now'),
    ),
    h(
      'ul',
      { class: 'legend' },
      ...totals.map(({ kind, name, count }) =>
        h(
          'li',
          {},
          h('span', { class: `swatch k${kind}` }),
          `${name}${kind === 'proxy' ? '' : ` ${kind}`} `,
          h('b', {}, String(count)),
        ),
      ),
    ),
  )
}

export function drawProblems(problems: readonly ListedProblem[]): Drawn {
  if (problems.length === 0) return h('p', { class: 'card calm' }, icon('ok'), 'Nothing has gone wrong.')
  return h('ol', { class: 'card problems' }, ...problems.map(drawProblem))
}

export function drawProblem({
  code,
  title,
  detail,
  cluster,
  fault,
  cure,
  count,
  agoMs,
}: ListedProblem): Drawn {
  return h(
    'li',
    { 'data-key': `${code} ${cluster}` },
    h(
      'div',
      { class: 'row' },
      h('strong', {}, title),
      h('span', { class: 'muted' }, `${span(agoMs)} ago${count > 1 ? `, ${count} times` : ''}`),
    ),
    detail === undefined ? undefined : h('p', {}, detail),
    h('p', {}, h('span', { class: 'chip' }, `Fault: ${fault}`), ` ${cure}`),
    h('p', { class: 'muted' }, h('code', {}, code), cluster === undefined ? '' : ` cluster ${cluster}`),
  )
}

export function drawClients(clients: readonly ClientLines[], actions: Actions): Drawn {
  if (clients.length === 0) return h('p', { class: 'card calm' }, 'Nobody listens for callers yet.')
  return h(
    'div',
    { class: 'grid' },
    ...clients.map(({ client, lines, note }) =>
      h(
        'div',
        { class: 'card client' },
        h('h3', {}, client),
        copyLine(client, `lines for ${client}`, lines.join('\n'), actions),
        note === undefined ? undefined : h('p', { class: 'muted' }, note),
      ),
    ),
  )
}

export function copyLine(key: string, what: string, text: string, { copy, copied }: Actions): Drawn {
  const word = copied === key ? 'Copied' : 'Copy'
  return h(
    'div',
    { class: 'copy' },
    h('pre', { tabindex: 0, 'aria-label': what, role: 'region' }, text),
    h('button', { type: 'button', 'aria-label': `${word} ${what}`, onclick: () => copy(key, text) }, word),
  )
}

export function pill({ tone, words }: StateWords): Drawn {
  return h('span', { class: `pill ${tone}` }, icon(tone), words)
}

/** A shape of its own for each tone: colour alone would not tell. */
export function icon(tone: StateWords['tone']): Drawn {
  const shapes = {
    ok: 'M5 12.5l4.5 4.5L19 7.5',
    wait: 'M12 6v6l4 2',
    warn: 'M12 5v9M12 18.5v.5',
    bad: 'M7 7l10 10M17 7L7 17',
    off: 'M9 7v10M15 7v10',
  }
  return h(
    'svg',
    { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    h('path', { d: shapes[tone] }),
  )
}
