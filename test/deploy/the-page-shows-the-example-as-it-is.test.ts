import { readFileSync } from 'node:fs'
import t from 'tap'

t.test('the Deployment in docs/sidecar.md is that of the file', (t) => {
  const shown = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/sidecar.md', 'utf8'))?.[1]
  const file = readFileSync('deploy/kubernetes/native-sidecar.yaml', 'utf8').split('\n---\n').at(-1)
  t.match(shown, /^apiVersion: apps\/v1\nkind: Deployment\n/)
  t.equal(shown, file)
  t.end()
})
