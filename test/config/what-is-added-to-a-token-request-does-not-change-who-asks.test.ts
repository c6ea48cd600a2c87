import t from 'tap'
import { headerFault, parameterFault } from '../../src/config/token-request.ts'

t.test('parameters', async (t) => {
  for (const name of ['tenant', 'resource', 'scope', 'audience', 'X', 'client', '__proto__']) {
    t.equal(parameterFault(name), undefined, name)
  }
  t.equal(parameterFault(''), 'a parameter with a name')
  for (const name of [
    'grant_type',
    'client_id',
    'client_secret',
    'client_assertion',
    'client_assertion_type',
    'Client_ID',
  ]) {
    t.equal(parameterFault(name), `parameters other than ${name}, which the proxy sets itself`)
  }
})

t.test('headers', async (t) => {
  for (const [name, value] of [
    ['X-Api-Key', 'abc def'],
    ['User-Agent', 'x'],
    ['Cookie', 'a=b'],
    ['Authorization', 'Bearer gateway'],
    ['x', 'ü\t'],
  ] as const) {
    t.equal(headerFault(name, value, false), undefined, name)
  }
  for (const name of [
    'Host',
    'Content-Type',
    'content-length',
    'Transfer-Encoding',
    'Connection',
    'Expect',
  ]) {
    t.equal(headerFault(name, 'x', false), `headers other than ${name}, which the proxy sets itself`)
  }
  t.match(headerFault('authorization', 'x', true), /^headers other than authorization/)
  for (const name of ['', 'a b', 'a:', 'ü', 'a\r\nb']) {
    t.equal(headerFault(name, 'x', false), 'header names as HTTP has them')
  }
  for (const value of ['canary\r\nHost: x', 'canary\n', 'canary\0', 'canary€']) {
    t.equal(headerFault('x-a', value, false), 'a value for x-a on one line and in Latin-1')
  }
})
