// What `start` and `demo` run beside themselves if there are to be workers.
import { worker } from './commands/worker.ts'

process.exit(await worker({ stdout: process.stdout }))
