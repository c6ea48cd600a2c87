import t from 'tap'
import { parseBaseUrl } from '../../src/config/base-url.ts'

const SAME: [string, string, string][] = [
  ['https://bru-2.zeebe.camunda.io/1234', 'https://bru-2.zeebe.camunda.io', '/1234'],
  ['https://bru-2.zeebe.camunda.io/1234/', 'https://bru-2.zeebe.camunda.io', '/1234'],
  ['https://bru-2.zeebe.camunda.io/1234/v2', 'https://bru-2.zeebe.camunda.io', '/1234'],
  ['https://bru-2.zeebe.camunda.io/1234/v2/', 'https://bru-2.zeebe.camunda.io', '/1234'],
  ['https://bru-2.zeebe.camunda.io:443/1234', 'https://bru-2.zeebe.camunda.io', '/1234'],
  ['https://bru-2.zeebe.camunda.io/:443/1234/v2/', 'https://bru-2.zeebe.camunda.io', '/1234'],
  ['https://bru-2.api.camunda.io/1234', 'https://bru-2.api.camunda.io', '/1234'],
  ['http://localhost:8080', 'http://localhost:8080', ''],
  ['http://localhost:8080/', 'http://localhost:8080', ''],
  ['http://localhost:8080/v2/v2/', 'http://localhost:8080', ''],
  ['HTTPS://Cluster.Example//a//b//', 'https://cluster.example', '/a/b'],
  [' http://[::1]:8088/camunda/v2 ', 'http://[::1]:8088', '/camunda'],
  ['https://cluster.example/v20', 'https://cluster.example', '/v20'],
]

t.test('what people have at hand', async (t) => {
  for (const [address, origin, basePath] of SAME)
    t.strictSame(parseBaseUrl(address), { origin, basePath }, address)
})

t.test('what is no address of a cluster', async (t) => {
  for (const address of [
    '',
    'cluster.example',
    'ftp://cluster.example',
    'https://',
    'https://a b',
    'https://u:p@x',
    'https://x?y',
    'https://x#y',
  ]) {
    t.type(parseBaseUrl(address), 'string', address)
  }
})
