import t from 'tap'
import type { Drawn } from '../../src/admin/page/dom.ts'
import { drawReload } from '../../src/admin/page/view.ts'

const words = ({ children }: Drawn): string =>
  children.map((child) => (typeof child === 'string' ? child : words(child))).join(' ')

const at = '2026-01-02T03:04:05.000Z'

t.test('refused: what is wrong, and what holds', async (t) => {
  const drawn = drawReload({ at, ok: false, faults: ['port (a): no port', 'accessLog (b): <b>'] })
  t.match(drawn.attributes, { class: 'banner bad', 'aria-label': 'Reload refused' })
  t.match(words(drawn), /refused at .*4:05.*still in force/)
  t.match(words(drawn), /port \(a\): no port accessLog \(b\): <b>$/)
})

t.test('taken: a note, and no banner', async (t) => {
  const drawn = drawReload({ at, ok: true, faults: [] })
  t.match(words(drawn), /^Settings were reloaded at .*4:05/)
  t.notMatch(drawn.attributes.class, 'banner')
})
