import t from 'tap'
import { passedNames } from '../../src/gateway/passed-sockets.ts'

t.test('as many as there are, by name', async (t) => {
  const env = { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'gateway:admin' }
  t.strictSame(passedNames(env, 7), ['gateway', 'admin'])
  t.strictSame(passedNames({ LISTEN_PID: '7', LISTEN_FDS: '1' }, 7), ['unknown'])
})

t.test('none that are meant for another process, and none where nothing is said', async (t) => {
  t.strictSame(passedNames({ LISTEN_PID: '8', LISTEN_FDS: '1' }, 7), [])
  t.strictSame(passedNames({ LISTEN_FDS: '1' }, 7), [])
  t.strictSame(passedNames({ LISTEN_PID: '7', LISTEN_FDS: 'x' }, 7), [])
  t.strictSame(passedNames({}, 7), [])
})
