// Request smuggling, header injection and the like, over raw sockets through the whole proxy to a cluster that records
// bytes. Each family is a file of test/corpus/requests; what has once been found is among them, and says what it was.
import t from 'tap'
import { bytesLab, CREDENTIAL, type Outcome, violations } from '../helpers/bytes-lab.ts'
import { corpus } from '../helpers/corpus.ts'
import { nodesReading } from '../helpers/strict-http.ts'

const answersOf = ({ answers }: Outcome) =>
  answers.map(({ status, problem }) => (problem === undefined ? String(status) : `${status} ${problem}`))
const requestsOf = ({ seen }: Outcome) =>
  seen.map(({ method, target, body }) => `${method} ${target}${body === '' ? '' : ` ${body}`}`).sort()

for (const [family, entries] of corpus()) {
  t.test(family, async (t) => {
    const lab = await bytesLab(t)
    const { host } = lab.cluster
    for (const { name, pieces, answers, cluster } of entries) {
      const outcome = await lab.send(pieces)
      t.strictSame(violations(pieces.join(''), outcome, { host, token: CREDENTIAL }), [], name)
      if (answers === undefined || cluster === undefined) continue
      t.strictSame(answersOf(outcome), answers, `${name}: what the caller got`)
      const requests = requestsOf(outcome)
      if (outcome.closed)
        t.strictSame(
          requests.filter((request) => !cluster.includes(request)),
          [],
          name,
        )
      else t.strictSame(requests, cluster, `${name}: what the cluster saw`)
    }
    for (const wire of lab.cluster.wires) {
      const { read, sent } = await nodesReading(wire)
      t.strictSame(read, sent, 'another parser sees the same requests')
    }
  })
}
