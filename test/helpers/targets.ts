import fc from 'fast-check'

/** What paths are disguised with, or not read alike. */
export const HOSTILE = [
  ...[
    '/',
    '//',
    '.',
    '..',
    '...',
    '%2e',
    '%2E',
    '%2f',
    '%5c',
    '\\',
    ';',
    ';a=b',
    '%3b',
    '%25',
    '%252e',
    '%25252f',
  ],
  ...['%00', '%0d%0a', '%c3%a9', '%e4', '%', '%z', '?', '#', ' ', 'é', '{', '"'],
]
const piece = fc.constantFrom(...HOSTILE, 'v2', 'v1', 'x', 'topology')
const target = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''))
/** Below `/v2`. */
export const below = fc.array(piece, { maxLength: 12 }).map((pieces) => `/v2/${pieces.join('')}`)

/** Request targets, of pieces that are read in more ways than one. */
export const targets = fc.oneof(target, below)
