import type { FastifyInstance } from 'fastify'
import type { StatusBoard } from './status-board.ts'

/** The status page and its data, whose paths it returns. The page is put together when somebody asks for the first time. */
export function addStatus(app: FastifyInstance, board: StatusBoard): string[] {
  // Who does not listen has nobody to show anything to, and needs no timer.
  app.addHook('onListen', (done) => {
    board.start()
    done()
  })
  app.addHook('preClose', (done) => {
    board.stop()
    done()
  })
  app.get('/status.json', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send(await board.snapshot()),
  )
  app.get('/', async (_request, reply) => {
    const { html, headers } = (await import('./page/page.ts')).statusPage()
    return reply.headers(headers).send(html)
  })
  return ['/', '/status.json']
}
