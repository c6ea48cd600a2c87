import { endianness } from 'node:os'
import fc from 'fast-check'
import t from 'tap'
import { rowKey, rowKeys, rowUid } from '../../src/gateway/peer-uid.ts'

/** As `%08X` prints each number of 32 bits that the kernel finds in an address. */
function kernelHex(bytes: readonly number[]): string {
  const words = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.slice(i * 4, i * 4 + 4))
  return words
    .map((word) => Buffer.from(endianness() === 'LE' ? word.toReversed() : word).toString('hex'))
    .join('')
    .toUpperCase()
}

const bytes = (count: number) =>
  fc.array(fc.integer({ min: 0, max: 255 }), { minLength: count, maxLength: count })
const port = fc.integer({ min: 0, max: 65_535 })
const hex4 = (number: number) => number.toString(16).toUpperCase().padStart(4, '0')
const groups = (address: readonly number[]) =>
  Array.from({ length: 8 }, (_, i) => ((address[2 * i] ?? 0) * 256 + (address[2 * i + 1] ?? 0)).toString(16))

function row(local: string, remote: string, state: string, uid: number, inode: number): string {
  return `  17: ${local} ${remote} ${state} 00000000:00000000 02:00000AD5 00000000 ${String(uid).padStart(5)}        0 ${inode} 2 0000000052fe73d2 20 4 30 10 -1`
}

t.test('IPv4, in the table of either family, whether it is spelt as IPv6 or not', async () => {
  fc.assert(
    fc.property(
      bytes(4),
      port,
      bytes(4),
      port,
      fc.nat(),
      fc.boolean(),
      (from, fromPort, to, toPort, uid, mapped) => {
        const spelt = (address: readonly number[]) => `${mapped ? '::ffff:' : ''}${address.join('.')}`
        const keys = rowKeys({
          remoteAddress: spelt(from),
          remotePort: fromPort,
          localAddress: spelt(to),
          localPort: toPort,
        })
        const prefix = [...new Array(10).fill(0), 255, 255]
        const own = (before: number[]) =>
          row(
            `${kernelHex([...before, ...from])}:${hex4(fromPort)}`,
            `${kernelHex([...before, ...to])}:${hex4(toPort)}`,
            '01',
            uid,
            4711,
          )
        const rows = [own(prefix), own([])]
        return keys.length === 2 && rows.every((one, i) => rowKey(one) === keys[i] && rowUid(one) === uid)
      },
    ),
  )
})

t.test('IPv6, in full and as short as it can be', async (t) => {
  fc.assert(
    fc.property(bytes(16), port, bytes(16), port, (from, fromPort, to, toPort) => {
      const ends = { remotePort: fromPort, localPort: toPort }
      const full = rowKeys({
        ...ends,
        remoteAddress: groups(from).join(':'),
        localAddress: groups(to).join(':'),
      })
      const one = row(
        `${kernelHex(from)}:${hex4(fromPort)}`,
        `${kernelHex(to)}:${hex4(toPort)}`,
        '01',
        1,
        4711,
      )
      return full[0] === rowKey(one)
    }),
  )
  const short = rowKeys({ remoteAddress: '::1', remotePort: 53434, localAddress: '::1', localPort: 43837 })
  const little = '00000000000000000000000001000000'
  if (endianness() === 'LE') t.strictSame(short, [`${little}:D0BA ${little}:AB3D`])
  t.equal(
    rowKeys({ remoteAddress: 'fe80::1%eth0', remotePort: 1, localAddress: 'fe80::2%eth0', localPort: 2 })[0],
    rowKeys({ remoteAddress: 'fe80::1', remotePort: 1, localAddress: 'fe80::2', localPort: 2 })[0],
    'a zone is not in the table',
  )
})

t.test('what is closed, or is no address, belongs to nobody', async (t) => {
  const end = '0100007F:1F90'
  t.equal(rowUid(row(end, end, '01', 0, 4711)), 0, 'root’s')
  t.equal(rowUid(row(end, end, '06', 0, 0)), undefined, 'waits for its time to run out')
  t.equal(rowUid(row(end, end, '06', 0, 4711)), undefined)
  t.equal(rowUid(row(end, end, '05', 0, 0)), undefined, 'closed by its process, not yet by the other side')
  t.equal(rowUid(row(end, end, '08', 1000, 4711)), 1000, 'still held')
  const heading =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
  for (const odd of ['', 'x', ':', heading, row(end, end, '01', 0, 4711).slice(0, 80)])
    t.equal(rowUid(odd), undefined, odd)
  fc.assert(
    fc.property(fc.string(), (odd) => {
      rowKey(odd)
      return rowUid(odd) === undefined
    }),
  )
  const ends = { remotePort: 1, localPort: 2 }
  for (const odd of [undefined, '', 'x', '1.2.3', '1.2.3.4.5', ':::', '[::1]', '::1]/'])
    t.strictSame(rowKeys({ ...ends, remoteAddress: odd, localAddress: '127.0.0.1' }), [], String(odd))
  t.strictSame(rowKeys({ remoteAddress: '::1', localAddress: '::1' }), [], 'a Unix socket has no ports')
  t.strictSame(
    rowKeys({ ...ends, remoteAddress: '::1', localAddress: '127.0.0.1' }),
    [],
    'no such connection',
  )
})
