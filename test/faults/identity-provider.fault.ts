import { faultTable, lasting, type Row } from './lab/lab.ts'

const UNAVAILABLE = '503 credential-unavailable'

const rows: Row[] = [
  {
    fault: 'refuses connections, at the start',
    cold: true,
    inject: ({ provider }) => provider.gate.be('refused'),
    callers: ['200', UNAVAILABLE],
    tokenRequests: 4,
  },
  {
    fault: 'refuses connections, while a token is held',
    inject: ({ provider }) => provider.gate.be('refused'),
    lastsS: lasting(5, 24),
    callers: ['200', UNAVAILABLE],
    tokenRequests: lasting(6, 10),
  },
]

faultTable(
  'identity-provider',
  rows.map((row) => ({ healed: ({ cluster }, endedAt) => cluster.newestToken() >= endedAt, ...row })),
)
