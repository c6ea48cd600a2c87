/** What is measured: how many callers do what, and which figures are compared. */
import { calls } from './cluster.mjs'

/**
 * `kind` says how it is run: a `load` by wrk on every proxy, `polls` on every proxy, and two that only ours has.
 * `shows` says which table fits; `direct` asks for a run without a proxy as well.
 */
export const cases = {
  get: {
    title: 'Small GET, 226 bytes of JSON, 64 connections',
    kind: 'load',
    shows: 'requests',
    call: calls.topology,
    connections: 64,
    direct: true,
  },
  post: {
    title: 'POST of 2 KiB, answered with 10 KiB of JSON, 64 connections',
    kind: 'load',
    shows: 'requests',
    call: calls.search,
    connections: 64,
  },
  up: {
    title: 'Upload of 1 MiB, 8 connections',
    kind: 'load',
    shows: 'bytes',
    call: calls.upload,
    connections: 8,
  },
  down: {
    title: 'Download of 10 MiB, 8 connections',
    kind: 'load',
    shows: 'bytes',
    call: calls.download,
    connections: 8,
  },
  tls: {
    title: 'Small GET, TLS to the cluster, 64 connections',
    kind: 'load',
    shows: 'requests',
    call: calls.topology,
    connections: 64,
    tls: true,
  },
  one: {
    title: 'Small GET, 1 connection: what a proxy adds',
    kind: 'load',
    shows: 'latency',
    call: calls.topology,
    connections: 1,
    direct: true,
  },
  polls: { title: '500 open long polls', kind: 'polls', connections: 500 },
  renewal: {
    title: 'Small GET, 64 connections, tokens of 3 s beside tokens of a day',
    kind: 'renewal',
    call: calls.topology,
    connections: 64,
  },
  million: {
    title: 'Memory over many requests: small GET, 64 connections',
    kind: 'million',
    call: calls.topology,
    connections: 64,
  },
}
