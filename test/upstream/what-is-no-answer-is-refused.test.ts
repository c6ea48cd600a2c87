import t from 'tap'
import { AnswerReader, parseHead } from '../../src/upstream/http1-answer.ts'

/** What comes of bytes that answer a request: the statuses of answers, their bodies, and how it ended. */
function read(text: string, options: { method?: string; each?: boolean; closes?: boolean } = {}) {
  const { method = 'GET', each = false, closes = true } = options
  const heard = { status: 0, body: '', end: 'none' }
  const reader = new AnswerReader({
    onHead: ({ status }) => {
      heard.status = status
    },
    onBody: (chunk) => {
      heard.body += chunk.toString('latin1')
    },
    onEnd: (clean) => {
      heard.end = clean ? 'clean' : 'with more behind it'
    },
  })
  reader.expect(method)
  const bytes = Buffer.from(text, 'latin1')
  try {
    if (each) for (const byte of bytes) reader.read(Buffer.of(byte))
    else reader.read(bytes)
    if (closes) reader.close()
  } catch (error) {
    heard.end = (error as { code: string }).code
  }
  return heard
}

const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`

const MALFORMED: Record<string, string[]> = {
  'a status line': [
    'HTTP/1.1 200OK\r\n\r\n',
    'HTTP/1.1  200 OK\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.1 2000 OK\r\n\r\n',
    'HTTP/1.1 099 OK\r\n\r\n',
    'HTTP/1.1 +20 OK\r\n\r\n',
    'HTTP/1.2 200 OK\r\n\r\n',
    'HTTP/2 200 OK\r\n\r\n',
    'http/1.1 200 OK\r\n\r\n',
    ' HTTP/1.1 200 OK\r\n\r\n',
    '\r\nHTTP/1.1 200 OK\r\n\r\n',
    'HTTP/1.1 200 O\0K\r\n\r\n',
    'HTTP/1.1 200 O\rK\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    '<html>\r\n\r\n',
    'SSH-2.0-server\r\n',
  ],
  'a header': [
    head('no colon'),
    head(': no name'),
    head('A : before the colon'),
    head('A\t: before the colon'),
    head('A: folded', ' on'),
    head('A: folded', '\ton'),
    head(' A: b'),
    head('A: \0'),
    head('A: \x0b'),
    head('A: \x7f'),
    head('A: b\rContent-Length: 3'),
    head('A: b\nContent-Length: 3'),
    head('A\r: b'),
    head('A: b\r'),
    head('Ä: b'),
    head('A(: b'),
  ],
  'a length': [
    '+5',
    '-5',
    '5,5',
    '5, 5',
    '0x5',
    '5a',
    '5.0',
    '5e0',
    '',
    '5 5',
    '"5"',
    '9007199254740992',
    '18446744073709551621',
  ].map((length) => head(`Content-Length: ${length}`)),
  'two lengths': [
    head('Content-Length: 5', 'Content-Length: 5'),
    head('Content-Length: 5', 'Content-Length: 6'),
    head('Content-Length: 5', 'content-length: 5'),
    head('Content-Length: 0', 'Transfer-Encoding: chunked'),
    head('Transfer-Encoding: chunked', 'Content-Length: 0'),
  ],
  'a coding': [
    ...[
      'gzip, chunked',
      'gzip',
      'identity',
      'chunked, chunked',
      'chunked;a=b',
      '"chunked"',
      'xchunked',
      'chunked\x0b',
      ',chunked',
      '',
    ].map((coding) => head(`Transfer-Encoding: ${coding}`)),
    head('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'),
    head('Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'),
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  'a chunk': [
    '',
    '-1',
    '+1',
    '0x1',
    ' 1',
    '1 ',
    '1 ;a',
    '1; a',
    '1;',
    '1;a=',
    '1;a="',
    '1;a="b"c',
    '1;a\x01',
    '1,a',
    'g',
    '1\r',
    '00000000000001',
    'fffffffffffffff',
  ].map((size) => `${head('Transfer-Encoding: chunked')}${size}\r\nx\r\n0\r\n\r\n`),
  'what is behind a chunk': ['xx\r\n', 'x', 'x\n', 'x\r\r\n', 'x \r\n'].map(
    (data) => `${head('Transfer-Encoding: chunked')}1\r\n${data}0\r\n\r\n`,
  ),
  'a trailer': [
    'no colon',
    'A : b',
    ' A: b',
    'A: \0',
    'A: \r b',
    'HTTP/1.1 200 OK',
    'Content-Length: 5',
    'transfer-encoding: chunked',
  ].map((trailer) => `${head('Transfer-Encoding: chunked')}0\r\n${trailer}\r\n\r\n`),
  'an interim answer': [
    'HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n',
    'HTTP/1.0 100 Continue\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nLink\r\n\r\n',
  ].map((interim) => interim + head('Content-Length: 0')),
}

for (const [what, texts] of Object.entries(MALFORMED)) {
  t.test(`${what} that cannot be read`, async (t) => {
    for (const text of texts) {
      t.equal(read(text).end, 'ANSWER_MALFORMED', JSON.stringify(text))
      t.equal(read(text, { each: true }).end, 'ANSWER_MALFORMED', `${JSON.stringify(text)}, byte by byte`)
    }
  })
}

t.test('lines that end with LF alone are refused at once, since more may never come', async (t) => {
  for (const text of [
    'HTTP/1.1 200 OK\nContent-Length: 0\n\n',
    `${head('Transfer-Encoding: chunked')}1\nx\n0\n\n`,
    `${head('Transfer-Encoding: chunked')}0\nA: b\n\n`,
  ]) {
    t.equal(read(text, { closes: false }).end, 'ANSWER_MALFORMED')
    t.equal(read(text, { closes: false, each: true }).end, 'ANSWER_MALFORMED')
  }
})

t.test('what says nothing of how long it is, or is long, is not refused for that', async (t) => {
  t.match(read(`${head('Content-Length: 0005')}whole`), { body: 'whole', end: 'clean' })
  t.match(read(`${head()}until the end`), { body: 'until the end', end: 'with more behind it' })
  t.match(read('HTTP/1.1 200\r\n\r\n'), { status: 200, end: 'with more behind it' })
  t.equal(parseHead('HTTP/1.1 200 OK\r\nContent-Length: 999999999999999', 'GET').framing, 999_999_999_999_999)
})

t.test('an answer that breaks off is never whole', async (t) => {
  const whole = `${head('Transfer-Encoding: chunked')}5;a=b\r\nwhole\r\n0\r\nA: b\r\n\r\n`
  for (let length = 0; length < whole.length; length++)
    t.equal(read(whole.slice(0, length)).end, 'ANSWER_CUT_OFF', `after ${length} bytes`)
  t.match(read(whole), { body: 'whole', end: 'clean' })
  for (const text of ['HTTP/1.1 100 Continue\r\n\r\n', `${head('Content-Length: 6')}whole`])
    t.equal(read(text).end, 'ANSWER_CUT_OFF')
})

t.test('answers without a body have none, whatever their headers say', async (t) => {
  for (const [status, method] of [
    ['200 OK', 'HEAD'],
    ['304 Not Modified', 'GET'],
    ['204 No Content', 'GET'],
  ] as const) {
    for (const header of ['Content-Length: 5', 'Transfer-Encoding: chunked', 'A: b']) {
      const text = `HTTP/1.1 ${status}\r\n${header}\r\n\r\n`
      t.match(read(text, { method }), { body: '', end: 'clean' })
      t.match(read(`${text}5\r\nx`, { method }), { body: '', end: 'with more behind it' })
    }
  }
})

t.test('interim answers may be many, and are passed over; but not without end', async (t) => {
  const kinds = ['100 Continue', '102 Processing', '103 Early Hints', '199 Other']
  const interim = (count: number) =>
    Array.from(
      { length: count },
      (_, i) => `HTTP/1.1 ${kinds[i % 4]}\r\nContent-Length: 7\r\nLink: <a>\r\n\r\n`,
    )
  const final = `${head('Content-Length: 5')}whole`
  t.match(read(interim(1_000).join('') + final), { status: 200, body: 'whole', end: 'clean' })
  t.match(read(interim(1_001).join('') + final), { status: 0, end: 'ANSWER_MALFORMED' })
})

t.test('they are counted anew for each answer', async (t) => {
  const statuses: number[] = []
  const reader = new AnswerReader({
    onHead: ({ status }) => statuses.push(status),
    onBody() {},
    onEnd() {},
  })
  const bytes = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'.repeat(600) + head('Content-Length: 0'))
  for (let i = 0; i < 3; i++) {
    reader.expect('GET')
    reader.read(bytes)
  }
  t.strictSame(statuses, [200, 200, 200])
})

t.test('what is too large is refused before it is whole', async (t) => {
  const many = 'A: b\r\n'.repeat(11_000)
  t.equal(read(`HTTP/1.1 200 OK\r\n${many}`, { closes: false }).end, 'ANSWER_HEAD_TOO_LARGE')
  t.equal(read(`HTTP/1.1 200 OK\r\n${many}\r\n`).end, 'ANSWER_HEAD_TOO_LARGE', 'nor once it is')
  t.equal(read(`HTTP/1.1 200 OK\r\nA: ${'b'.repeat(60_000)}\r\nContent-Length: 0\r\n\r\n`).end, 'clean')
  const begun = head('Transfer-Encoding: chunked')
  for (const text of [
    `1;a=${'b'.repeat(17_000)}`,
    `0\r\nA: ${'b'.repeat(17_000)}`,
    `0\r\n${'A: b\r\n'.repeat(5_000)}`,
    `1\r\nx${'x'.repeat(17_000)}`,
  ])
    t.equal(read(begun + text, { closes: false }).end, 'ANSWER_MALFORMED', text.slice(0, 10))
})

t.test('what comes byte by byte costs as much as it is long, not the square of it', async (t) => {
  const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nA: ${'b'.repeat(64_000)}`)
  let copied = 0
  const copy = Buffer.prototype.copy
  t.intercept(Buffer, 'concat', {
    value: (buffers: Buffer[], length: number) => {
      const all = Buffer.alloc(length)
      for (const one of buffers) {
        copied += one.length
        copy.call(one, all, 0)
      }
      return all
    },
  })
  const reader = new AnswerReader({ onHead() {}, onBody() {}, onEnd() {} })
  reader.expect('GET')
  for (const byte of bytes) reader.read(Buffer.of(byte))
  t.ok(copied < 3 * bytes.length, `${copied} bytes were copied`)
})

t.test('what follows a head that came in pieces is not written over by what comes later', async (t) => {
  const bodies: Buffer[] = []
  const reader = new AnswerReader({ onHead() {}, onBody: (chunk) => bodies.push(chunk), onEnd() {} })
  for (const body of ['one', 'two']) {
    reader.expect('GET')
    reader.read(Buffer.from('HTTP/1.1 200 OK\r\nContent-'))
    reader.read(Buffer.from('Length: '))
    reader.read(Buffer.from(`3\r\n\r\n${body}`))
  }
  t.strictSame(bodies.map(String), ['one', 'two'])
})

t.test('it is told whether a connection may carry another exchange, and for how long', async (t) => {
  const told = (...lines: string[]) => {
    const { persists, keepAliveS } = parseHead(
      ['HTTP/1.1 200 OK', 'Content-Length: 0', ...lines].join('\r\n'),
      'GET',
    )
    return persists ? (keepAliveS ?? 'yes') : 'no'
  }
  for (const close of [
    'close',
    'Close',
    'CLOSE',
    'x, close',
    'close,x',
    '\tclose\t',
    'x ,\tclose\t, y',
    ',close',
  ])
    t.equal(told(`Connection: ${close}`), 'no', close)
  t.equal(told('Connection: keep-alive', 'connection: close'), 'no')
  for (const other of ['keep-alive', 'closed', 'x-close', 'not close', ''])
    t.equal(told(`Connection: ${other}`), 'yes')
  for (const [hint, s] of [
    ['timeout=5', 5],
    ['max=100, timeout=5', 5],
    ['TIMEOUT=5, max=100', 5],
    ['timeout=0', 0],
    ['timeout=99999999999', 999_999_999],
    ['timeout=x', 'yes'],
    ['timeout=-1', 'yes'],
    ['xtimeout=5', 'yes'],
    ['', 'yes'],
  ] as const)
    t.equal(told(`Keep-Alive: ${hint}`), s, hint)
})
