/** A way in which a page can make its browser send a request, or try to. */
export interface Way {
  name: string
  /**
   * The body of an async function in the page. It has `target`, a URL to attack, `site`, the origin of the hostile
   * site, and the helpers of `PRELUDE`; it returns whatever it could read of an answer, '' for nothing.
   */
  script: string
  /** Whether a server without a guard gets the request; else the browser itself keeps it back. */
  arrives: boolean
  /** Whether the page could read the answer of a server that lets every page read. */
  reads: boolean
  /** Only a page at a loopback address or over https may do this. */
  trustworthy?: true
  /** The page gives way to what it asked for. */
  leaves?: true
}

/** What the scripts of `ways` use. */
export const PRELUDE = `
const ended = (node, ...events) => new Promise((resolve) => {
  for (const event of events) node.addEventListener(event, () => resolve(event))
  setTimeout(resolve, 15000, 'nothing')
})
const make = (tag, attributes) => {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value)
  return node
}
const load = async (tag, attributes, parent = document.body) => {
  const node = make(tag, attributes)
  const end = ended(node, 'load', 'loadedmetadata', 'error')
  parent.append(node)
  const event = await end
  return event === 'error' || event === 'nothing' ? '' : tag + ' ' + event
}
const style = (text) => document.head.append(Object.assign(document.createElement('style'), { textContent: text }))
const told = (answer) => answer.text().then((text) => (answer.status === 0 ? '' : answer.status + ' ' + text))
const read = (init, url = target) => fetch(url, init).then(told, () => '')
const frame = async (attributes) => {
  const node = make('iframe', attributes)
  const end = ended(node, 'load')
  document.body.append(node)
  await end
  try { return node.contentDocument?.body?.innerText ?? '' } catch { return '' }
}
const submit = (method, enctype, action = target) => {
  document.body.append(make('iframe', { name: 'hidden' }))
  const form = make('form', { method, enctype, action, target: 'hidden' })
  form.append(make('input', { name: '{"a":"', value: '"}' }))
  document.body.append(form)
  form.submit()
  return ''
}
const xhr = (method, prepare = () => {}, body = null) => new Promise((resolve) => {
  const request = new XMLHttpRequest()
  request.open(method, target)
  prepare(request)
  request.onloadend = () => resolve(request.status === 0 ? '' : request.status + request.responseText)
  request.send(body)
})
const inWorker = (Kind, code) => new Promise((resolve) => {
  const worker = new Kind(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })))
  const port = worker.port ?? worker
  port.onmessage = ({ data }) => resolve(data)
  worker.onerror = () => resolve('')
  setTimeout(resolve, 15000, '')
})
const fetching = (post) => 'fetch(' + JSON.stringify(target) + ').then((a) => a.text(), () => "").then((text) => ' + post + '(text))'
const redirect = (status) => site + '/redirect?status=' + status + '&to=' + encodeURIComponent(target)
`

const json = `headers: { 'content-type': 'application/json' }, body: '{}'`

const sent = (name: string, script: string): Way => ({ name, script, arrives: true, reads: false })
const readable = (name: string, script: string): Way => ({ name, script, arrives: true, reads: true })
const leaving = (name: string, script: string): Way => ({ ...sent(name, script), leaves: true })
const keptBack = (name: string, script: string): Way => ({ name, script, arrives: false, reads: false })

const fetches = [
  readable('fetch', `return read({})`),
  readable('fetch with credentials', `return read({ credentials: 'include' })`),
  readable('fetch without a referrer', `return read({ referrerPolicy: 'no-referrer' })`),
  readable('fetch past the cache', `return read({ cache: 'reload' })`),
  readable('fetch with HEAD', `return read({ method: 'HEAD' })`),
  sent('fetch, no-cors', `return read({ mode: 'no-cors' })`),
  sent('fetch, no-cors, with credentials', `return read({ mode: 'no-cors', credentials: 'include' })`),
  sent('fetch, no-cors, no referrer', `return read({ mode: 'no-cors', referrerPolicy: 'no-referrer' })`),
  keptBack('fetch, same-origin', `return read({ mode: 'same-origin' })`),
  keptBack('fetch, same-origin, POST', `return read({ mode: 'same-origin', method: 'POST', ${json} })`),
  readable('fetch, POST, text', `return read({ method: 'POST', body: '{}' })`),
  readable('fetch, POST, nothing', `return read({ method: 'POST' })`),
  sent('fetch, POST, no-cors, text', `return read({ method: 'POST', mode: 'no-cors', body: '{}' })`),
  sent(
    'fetch, POST, no-cors, urlencoded',
    `return read({ method: 'POST', mode: 'no-cors', body: new URLSearchParams('a=1') })`,
  ),
  sent(
    'fetch, POST, no-cors, multipart',
    `return read({ method: 'POST', mode: 'no-cors', body: new FormData() })`,
  ),
  sent(
    'fetch, POST, no-cors, a blob without a type',
    `return read({ method: 'POST', mode: 'no-cors', body: new Blob(['{}']) })`,
  ),
  readable('fetch, POST, JSON (preflight)', `return read({ method: 'POST', ${json} })`),
  readable(
    'fetch, POST, JSON, with credentials',
    `return read({ method: 'POST', credentials: 'include', ${json} })`,
  ),
  sent('fetch, POST, no-cors, JSON', `return read({ method: 'POST', mode: 'no-cors', ${json} })`),
  readable('fetch, PUT (preflight)', `return read({ method: 'PUT', body: '{}' })`),
  readable('fetch, PATCH (preflight)', `return read({ method: 'PATCH', ${json} })`),
  readable('fetch, DELETE (preflight)', `return read({ method: 'DELETE' })`),
  readable(
    'fetch with a guessed caller token (preflight)',
    `return read({ headers: { 'x-camunda-proxy-token': 'guess' } })`,
  ),
  readable(
    'fetch with Authorization (preflight)',
    `return read({ headers: { authorization: 'Basic Zm9vOmJhcg==' } })`,
  ),
  readable('fetch, POST, keepalive', `return read({ method: 'POST', keepalive: true, body: '{}' })`),
]

const scripted = [
  sent('sendBeacon', `navigator.sendBeacon(target, '{}'); return ''`),
  sent(
    'sendBeacon, JSON (preflight)',
    `navigator.sendBeacon(target, new Blob(['{}'], { type: 'application/json' })); return ''`,
  ),
  readable('XMLHttpRequest', `return xhr('GET')`),
  readable(
    'XMLHttpRequest with credentials',
    `return xhr('GET', (request) => { request.withCredentials = true })`,
  ),
  readable(
    'XMLHttpRequest, POST, watched (preflight)',
    `return xhr('POST', (request) => { request.upload.onprogress = () => {} }, '{}')`,
  ),
  readable(
    'EventSource',
    `const source = new EventSource(target)
    const event = await ended(source, 'open', 'message', 'error'); source.close(); return event === 'error' ? '' : event`,
  ),
  readable(
    'EventSource with credentials',
    `const source = new EventSource(target, { withCredentials: true })
    const event = await ended(source, 'open', 'message', 'error'); source.close(); return event === 'error' ? '' : event`,
  ),
  sent(
    'WebSocket',
    `const event = await ended(new WebSocket(target.replace('http', 'ws')), 'open', 'message', 'error')
    return event === 'error' ? '' : event`,
  ),
  readable('fetch in a worker', `return inWorker(Worker, fetching('postMessage'))`),
  readable(
    'fetch in a shared worker',
    `return inWorker(SharedWorker, 'onconnect = ({ ports: [port] }) => ' + fetching('port.postMessage'))`,
  ),
  sent(
    'importScripts in a worker',
    `return inWorker(Worker, 'try { importScripts(' + JSON.stringify(target) + '); postMessage("loaded") } catch { postMessage("") }')`,
  ),
  {
    ...readable(
      'fetch in a service worker',
      `await navigator.serviceWorker.register('/worker.js')
      const { active } = await navigator.serviceWorker.ready
      return new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = ({ data }) => resolve(data)
        active.postMessage(target, [port2])
        setTimeout(resolve, 15000, '')
      })`,
    ),
    trustworthy: true as const,
  },
]

const forms = [
  sent('form, GET', `return submit('GET', '')`),
  sent('form, POST, urlencoded', `return submit('POST', 'application/x-www-form-urlencoded')`),
  sent('form, POST, multipart', `return submit('POST', 'multipart/form-data')`),
  sent('form, POST, text that is JSON', `return submit('POST', 'text/plain')`),
  leaving(
    'form, POST, in place of the page',
    `const form = make('form', { method: 'POST', action: target }); document.body.append(form)
    setTimeout(() => form.submit()); return ''`,
  ),
]

const elements = [
  sent('image', `return load('img', { src: target })`),
  sent('image without a referrer', `return load('img', { src: target, referrerpolicy: 'no-referrer' })`),
  sent('image, cross-origin', `return load('img', { src: target, crossorigin: 'anonymous' })`),
  sent(
    'image, cross-origin with credentials',
    `return load('img', { src: target, crossorigin: 'use-credentials' })`,
  ),
  sent('image that is a button', `return load('input', { type: 'image', src: target })`),
  sent('script', `return load('script', { src: target })`),
  sent('script, module', `return load('script', { type: 'module', src: target })`),
  sent('import()', `return import(target).then(() => 'imported', () => '')`),
  sent('stylesheet', `return load('link', { rel: 'stylesheet', href: target }, document.head)`),
  sent('stylesheet, @import', `style('@import url(' + target + ')'); return ''`),
  sent('background', `style('body { background: url(' + target + ') }'); return ''`),
  sent('font', `return new FontFace('x', 'url(' + target + ')').load().then(() => 'loaded', () => '')`),
  sent('iframe', `return frame({ src: target })`),
  sent('iframe, sandboxed', `return frame({ src: target, sandbox: 'allow-scripts' })`),
  sent('object', `document.body.append(make('object', { data: target })); return ''`),
  sent('embed', `document.body.append(make('embed', { src: target })); return ''`),
  sent('video', `return load('video', { src: target })`),
  sent('audio, cross-origin', `return load('audio', { src: target, crossorigin: 'anonymous' })`),
  sent(
    'preload',
    `await load('link', { rel: 'preload', as: 'image', href: target }, document.head); return ''`,
  ),
  sent(
    'modulepreload',
    `await load('link', { rel: 'modulepreload', href: target }, document.head); return ''`,
  ),
  sent('prefetch', `await load('link', { rel: 'prefetch', href: target }, document.head); return ''`),
]

const navigations = [
  sent('window.open', `open(target); return ''`),
  leaving(
    'a link',
    `const a = make('a', { href: target }); document.body.append(a); setTimeout(() => a.click()); return ''`,
  ),
  sent(
    'a link with a ping',
    `const a = make('a', { href: '#', ping: target }); document.body.append(a); a.click(); return ''`,
  ),
  leaving('location', `setTimeout(() => { location = target }); return ''`),
  leaving(
    'refresh',
    `document.head.append(make('meta', { 'http-equiv': 'refresh', content: '0; url=' + target })); return ''`,
  ),
]

const detours = [
  readable('fetch that is redirected', `return read({}, redirect(302))`),
  readable('fetch, POST, that is redirected', `return read({ method: 'POST', body: '{}' }, redirect(307))`),
  sent('fetch, no-cors, that is redirected', `return read({ mode: 'no-cors' }, redirect(302))`),
  sent('image that is redirected', `return load('img', { src: redirect(302) })`),
  sent('iframe that is redirected', `return frame({ src: redirect(302) })`),
  sent('form, POST, that is redirected', `return submit('POST', 'text/plain', redirect(307))`),
  sent(
    'a report of a broken policy',
    `document.body.append(make('iframe', { src: site + '/csp?to=' + encodeURIComponent(target)}))
    await ended(document.querySelector('iframe'), 'load')
    return new Promise((resolve) => { setTimeout(resolve, 0, '') })`,
  ),
]

/** All of them. */
export const ways: readonly Way[] = [
  ...fetches,
  ...scripted,
  ...forms,
  ...elements,
  ...navigations,
  ...detours,
]
