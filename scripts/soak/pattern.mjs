/** Bytes that say where they stand, so that a lost, doubled or foreign one is seen. */
const PERIOD = 65_521
const row = Buffer.alloc(4 * PERIOD)
for (let i = 0; i < row.length; i++) row[i] = ((i % PERIOD) * 31 + ((i % PERIOD) >> 8)) & 0xff

/** So many bytes from a place in an endless row; at most 64 KiB. */
export function pattern(from, length) {
  const at = from % PERIOD
  return row.subarray(at, at + length)
}
