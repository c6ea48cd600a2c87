import t from 'tap'
import { stepText, summaryText } from '../../src/check/report.ts'
import type { Step } from '../../src/check/step.ts'

const step: Step = {
  name: 'topology',
  cluster: 'test',
  target: '/v2/topology',
  tried: 'GET /v2/topology',
  status: 'failed',
  detail: ['Status 401.'],
  cause: 'A cause.',
  cure: 'A cure.',
  tookMs: 12,
}

t.test('plain: words alone', async (t) => {
  const look = { symbols: false, colours: false }
  t.equal(
    stepText(step, look),
    `failed   topology    [test] GET /v2/topology (12 ms)
           Status 401.
           likely cause: A cause.
           cure: A cure.
`,
  )
  t.match(summaryText({ ok: false, steps: [step] }, look), /wrong, first in the step topology: 1 failed/)
})

t.test('on a terminal: a symbol and the word, coloured if that is wanted', async (t) => {
  t.match(stepText(step, { symbols: true, colours: false }), /^✗ failed {3}topology/)
  t.match(stepText(step, { symbols: true, colours: true }), '\x1b[31m✗ failed')
})
