import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import type { Test } from 'tap'
import { until } from './until.ts'

/** A port at which nobody answers, not even to say no: its queue is full, and the process stands still. */
export async function silentAt(t: Test, host: string): Promise<number> {
  const program = `
    import { createServer } from 'node:net'
    const server = createServer().listen({ host: '${host}', port: 0, backlog: 1 }, () => {
      process.send(server.address().port)
      process.once('message', () => {
        process.send('it does')
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
      })
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const said = () => new Promise<unknown>((resolve) => child.once('message', resolve))
  const port = Number(await said())
  child.send('stand still')
  // Else it might yet take what is to fill its queue.
  await said()
  let opened = 0
  const fillers = Array.from({ length: 8 }, () => {
    const socket = connect(port, host, () => opened++)
    return socket.on('error', () => {})
  })
  t.teardown(() => {
    for (const socket of fillers) socket.destroy()
  })
  await until(() => opened > 0, 'its queue is filled')
  return port
}
