/** What every peer in Node.js is told by the environment. */
import { readFileSync } from 'node:fs'

const { BENCH_PORT, BENCH_UPSTREAM, BENCH_AUTHORIZATION, BENCH_CA } = process.env

export const listenAt = { port: Number(BENCH_PORT), host: '127.0.0.1', backlog: 2_048 }
export const upstream = BENCH_UPSTREAM
export const authorization = BENCH_AUTHORIZATION
/** The certificate authority to trust; undefined for plain http. */
export const ca = BENCH_CA === undefined ? undefined : readFileSync(BENCH_CA)
