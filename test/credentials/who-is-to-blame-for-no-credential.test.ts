import t from 'tap'
import { faultOf } from '../../src/credentials/blame.ts'

t.test('who was asked, unless the failure says otherwise', async (t) => {
  const cases: [code: string, asked: 'cluster' | 'settings' | undefined, fault: string][] = [
    ['network', undefined, 'identity provider'],
    ['network', 'cluster', 'cluster'],
    ['http-503', 'cluster', 'cluster'],
    ['command-failed', 'settings', 'settings'],
    ['egress', undefined, 'this proxy'],
    ['egress', 'cluster', 'this proxy'],
    ['internal', 'cluster', 'this proxy'],
    ['secret-unreadable', undefined, 'settings'],
    ['secret-unreadable', 'cluster', 'settings'],
    ['password-unreadable', 'settings', 'settings'],
    ['secret-unusable', undefined, 'settings'],
    ['discovery-network', undefined, 'identity provider'],
  ]
  for (const [code, asked, fault] of cases) {
    const failure = { code, message: '', refused: false }
    t.equal(faultOf(failure, asked === undefined ? {} : { asked }), fault, `${code} of ${asked}`)
  }
})
