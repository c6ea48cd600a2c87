import t from 'tap'
import { parseBaseUrl, saasAddress } from '../../src/config/base-url.ts'
import { addressOf, faults, load } from '../helpers/settings.ts'

const SAAS = { origin: 'https://bru-2.zeebe.camunda.io', basePath: '/1234' }
const LOCAL = { origin: 'http://localhost:8088', basePath: '' }

const shapes: [string, { origin: string; basePath: string }][] = [
  ['https://bru-2.zeebe.camunda.io/1234', SAAS],
  ['https://bru-2.zeebe.camunda.io/1234/', SAAS],
  ['https://bru-2.zeebe.camunda.io/1234//', SAAS],
  ['https://bru-2.zeebe.camunda.io/1234/v2', SAAS],
  ['https://bru-2.zeebe.camunda.io/1234/v2/', SAAS],
  ['https://bru-2.zeebe.camunda.io/1234/v2/v2/', SAAS],
  ['https://bru-2.zeebe.camunda.io:443/1234', SAAS],
  ['https://bru-2.zeebe.camunda.io:443/1234/v2/', SAAS],
  ['https://bru-2.zeebe.camunda.io/:443/1234', SAAS],
  ['https://bru-2.zeebe.camunda.io/:443/1234/v2/', SAAS],
  ['https://bru-2.zeebe.camunda.io:443/:443/1234', SAAS],
  ['https://BRU-2.zeebe.camunda.io/1234', SAAS],
  ['  https://bru-2.zeebe.camunda.io/1234  ', SAAS],
  ['https://bru-2.api.camunda.io/1234', { origin: 'https://bru-2.api.camunda.io', basePath: '/1234' }],
  ['https://bru-2.zeebe.camunda.io/:443', { origin: SAAS.origin, basePath: '' }],
  ['http://localhost:8088', LOCAL],
  ['http://localhost:8088/', LOCAL],
  ['http://localhost:8088/v2', LOCAL],
  ['HTTP://localhost:8088/v2/v2/', LOCAL],
  ['http://localhost:8088/orchestration/', { origin: LOCAL.origin, basePath: '/orchestration' }],
  ['http://localhost:8088/a//b/v2', { origin: LOCAL.origin, basePath: '/a/b' }],
  ['http://[::1]:8088/camunda/v2', { origin: 'http://[::1]:8088', basePath: '/camunda' }],
  ['https://cluster.example:80/x', { origin: 'https://cluster.example:80', basePath: '/x' }],
  ['https://cluster.example/v20', { origin: 'https://cluster.example', basePath: '/v20' }],
  ['https://cluster.example/v2/tenant', { origin: 'https://cluster.example', basePath: '/v2/tenant' }],
  ['https://cluster.example/a:443/b', { origin: 'https://cluster.example', basePath: '/a:443/b' }],
  ['https://cluster.example/:443x/b', { origin: 'https://cluster.example', basePath: '/:443x/b' }],
]

t.test('what people have at hand', async (t) => {
  for (const [address, expected] of shapes) {
    t.strictSame(parseBaseUrl(address), expected, address)
    t.strictSame(addressOf((await load({ CAMUNDA_REST_ADDRESS: address })).settings), expected, address)
  }
})

t.test('what is no address of a cluster, and why', async (t) => {
  const bad: [string, RegExp][] = [
    ['', /begins with https/],
    ['cluster.example', /begins with https/],
    ['bru-2.zeebe.camunda.io:443', /begins with https/],
    ['ftp://cluster.example', /begins with https/],
    ['ws://cluster.example', /begins with https/],
    ['//cluster.example', /begins with https/],
    ['https://', /a valid URL/],
    ['https://a b', /a valid URL/],
    ['https://cluster.example:99999', /a valid URL/],
    ['https://user:pass@cluster.example', /without a user name or password/],
    ['https://user@cluster.example', /without a user name or password/],
    ['https://:pass@cluster.example', /without a user name or password/],
    ['https://cluster.example/?x=1', /without a query or fragment/],
    ['https://cluster.example/v2#top', /without a query or fragment/],
  ]
  for (const [address, why] of bad) {
    const parsed = parseBaseUrl(address)
    t.type(parsed, 'string', address)
    t.match(parsed, why, address)
    if (address === '') continue
    const found = await faults({ CAMUNDA_REST_ADDRESS: address })
    t.match(found, [{ setting: 'restAddress', source: 'environment variable CAMUNDA_REST_ADDRESS' }], address)
    t.equal(found.length, 1, address)
  }
})

t.test('region and id', async (t) => {
  t.equal(saasAddress('bru-2', '1234'), 'https://bru-2.zeebe.camunda.io/1234')
})
