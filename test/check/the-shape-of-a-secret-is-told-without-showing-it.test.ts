import t from 'tap'
import { secretFault } from '../../src/check/secret-shape.ts'

t.test('what comes along when a secret is copied', async (t) => {
  for (const [secret, fault] of [
    ['sound~secret.8', undefined],
    ['in the middle', undefined],
    [' s', 'begins with a blank'],
    ['s\t', 'ends with a blank'],
    ['s\n', 'holds a line break'],
    ['s\r', 'holds a line break'],
    ['\uFEFFs', 'begins with a byte order mark'],
    ['"s"', 'stands in quotes'],
    ["'s", 'begins or ends with a quote'],
    [`$${'{SECRET}'}`, 'looks like a placeholder'],
    ['<secret>', 'looks like a placeholder'],
  ] as const)
    t.equal(secretFault(secret), fault, JSON.stringify(secret))
})
