// What `start` and `demo` run beside themselves if there are to be workers.
import { shutDiagnostics } from './commands/diagnostics.ts'

shutDiagnostics()
// Loaded only now: it takes a while, and the inspector is shut meanwhile.
const { worker } = await import('./commands/worker.ts')
process.exit(await worker({ stdout: process.stdout }))
