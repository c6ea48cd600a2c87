import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import type { Test } from 'tap'

const PAGE = '<!doctype html><title>A page</title><body></body>'
/** Scripts, but no origin. */
const SANDBOX = `<!doctype html><iframe sandbox="allow-scripts allow-forms allow-popups allow-top-navigation" src="/page"></iframe>`
const DATA = '<!doctype html><iframe src="data:text/html,<body></body>"></iframe>'
const WORKER = `addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('message', ({ data, ports }) => {
  const said = (text) => ports[0].postMessage(text)
  fetch(data).then((answer) => answer.text().then((text) => said(answer.status + text)), () => said(''))
})`

/** A web site whose pages attack others; returns its port. `/redirect?status=307&to=URL` leads on, `/csp?to=URL` reports. */
export async function hostileSite(t: Test): Promise<number> {
  const server = createServer(serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://site.test')
  const to = searchParams.get('to') ?? ''
  const html = { 'content-type': 'text/html', 'access-control-allow-origin': '*' }
  if (pathname === '/redirect')
    response.writeHead(Number(searchParams.get('status')), { ...html, location: to }).end()
  else if (pathname === '/csp')
    response
      .writeHead(200, { ...html, 'content-security-policy': `img-src 'none'; report-uri ${to}` })
      .end(`${PAGE}<img src=/x>`)
  else if (pathname === '/sandbox') response.writeHead(200, html).end(SANDBOX)
  else if (pathname === '/data') response.writeHead(200, html).end(DATA)
  else if (pathname === '/worker.js')
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(WORKER)
  else response.writeHead(200, html).end(PAGE)
}

/**
 * DNS rebinding as a browser and its victim see it: a port that serves a page the first time, and from then on is
 * another port. Returns it.
 */
export async function reboundPort(t: Test, victim: number): Promise<number> {
  let isRebound = false
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    if (isRebound) {
      const onward = connect(victim, '127.0.0.1')
      onward.on('error', () => socket.destroy())
      socket.on('close', () => onward.destroy())
      socket.pipe(onward).pipe(socket)
      return
    }
    socket.once('data', () => {
      isRebound = true
      const head = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${PAGE.length}\r\nConnection: close`
      socket.end(`${head}\r\n\r\n${PAGE}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
  })
  return (server.address() as AddressInfo).port
}
