import t from 'tap'
import { demo } from './demo.ts'

for (const body of ['{', '[]', 'null']) {
  t.test(body, async (t) => {
    const { cluster, headers } = await demo(t)
    const response = await fetch(`${cluster.url}/v2/user-tasks/search`, { method: 'POST', headers, body })
    t.equal(response.status, 400)
  })
}
