/** Chance from a seed: the same seed makes the same choices, whatever the clock does. */

/**
 * A source of chance (Mulberry32) for one thing among many that share a seed.
 * @param {number} seed
 * @param {string} name
 */
export function chance(seed, name) {
  let state = seed >>> 0
  for (const character of name) state = Math.imul(state ^ character.charCodeAt(0), 0x9e3779b1) >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    /** From 0 to 1. */
    next,
    /** Whether something happens whose probability is this. */
    happens: (probability) => next() < probability,
    /** A whole number from the first to the second. */
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    /** One of several, in proportion to what `weight` says of each. */
    pick(things, weight = () => 1) {
      let left = next() * things.reduce((sum, thing) => sum + weight(thing), 0)
      for (const thing of things) {
        left -= weight(thing)
        if (left < 0) return thing
      }
      return things.at(-1)
    },
    /** All of several, in another order. */
    shuffled: (things) =>
      things
        .map((thing) => ({ thing, place: next() }))
        .sort((a, b) => a.place - b.place)
        .map(({ thing }) => thing),
  }
}
