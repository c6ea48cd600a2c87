import { until } from '../helpers/until.ts'
import { faultTable, LONG, lasting, type Row } from './lab/lab.ts'
import { bendable, order, signal, type Which } from './lab/time.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** A request that is on its way as everything stops still carries its token: few calls, and a token that lasts. */
const LIFE_S = 6
const PAST_EXPIRY_S = 7
const CALLS_PER_SECOND = 4
const AT_ONCE = 3
const WORKERS = ['--workers', '2']

const stopped = (fault: string, which: Which, args: readonly string[] = []): Row => ({
  fault,
  args,
  async inject(lab) {
    // What is stopped between reading a token and sending it cannot know.
    await until(() => lab.load().open() === 0, 'no call is on its way')
    signal(lab, which, 'SIGSTOP')
  },
  lastsS: lasting(PAST_EXPIRY_S, 15),
  end: (lab) => signal(lab, 'all', 'SIGCONT'),
  callers: ['200'],
  tokenRequests: lasting(4, 6),
})

/** The wall clock of every process is set by so much, and set right again. */
const setBy = (fault: string, ms: number, args: readonly string[] = []): Row => ({
  fault,
  args,
  inject: (lab, t) => order(lab, t, 'all', 'wall', ms),
  end: (lab, t) => order(lab, t, 'all', 'wall', -ms),
  callers: ['200'],
  tokenRequests: 5,
})

const blocked = (fault: string, which: Which, args: readonly string[] = []): Row => ({
  fault,
  args,
  inject: (lab, t) => order(lab, t, which, 'block', 5_000),
  lastsS: 6,
  callers: ['200'],
  tokenRequests: 4,
})

const rows: Row[] = [
  stopped('stopped until its token has expired', 'primary'),
  stopped('all stopped, with workers', 'all', WORKERS),
  stopped('only the process that has the credentials is stopped', 'primary', WORKERS),
  stopped('only the workers are stopped', 'workers', WORKERS),
  { ...stopped('one of two workers is stopped for a while', 'one worker', WORKERS), onlyLong: true },
  setBy('the wall clock is set forth by an hour and back', HOUR),
  setBy('the wall clock is set back by an hour and forth', -HOUR),
  { ...setBy('the wall clock is set forth by a day and back', DAY), onlyLong: true },
  setBy('the wall clock is set forth by an hour and back, with workers', HOUR, WORKERS),
  blocked('the event loop is blocked for 5 s', 'primary'),
  { ...blocked('the event loops of the workers are blocked for 5 s', 'workers', WORKERS), onlyLong: true },
  {
    fault: 'every timer is a minute late',
    inject: (lab, t) => order(lab, t, 'all', 'late', 60_000),
    lastsS: lasting(PAST_EXPIRY_S, 30),
    end: (lab, t) => order(lab, t, 'all', 'late', 0),
    callers: ['200'],
    tokenRequests: lasting(4, 12),
  },
]

const long: Row = {
  fault: 'one of two workers is stopped for good',
  args: WORKERS,
  inject: (lab) => signal(lab, 'one worker', 'SIGSTOP'),
  lastsS: 45,
  callers: ['200', 'no answer?', 'broken off (UND_ERR_SOCKET)?', 'broken off (ECONNRESET)?'],
  tokenRequests: 18,
  also(t, lab) {
    t.equal(lab.logged('was ended by SIGKILL: it was silent').length, 1, 'it is said why it was ended')
    t.equal(lab.logged('replaced in').length, 1, 'and another took its place')
  },
}

const all = LONG ? [...rows, long] : rows

faultTable(
  'time',
  all.map((row) => ({
    env: (_parts, t) => bendable(t),
    lifeS: LIFE_S,
    callsPerSecond: CALLS_PER_SECOND,
    ...row,
  })),
  AT_ONCE,
)
