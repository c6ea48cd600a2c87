const LIMIT_MS = 5_000
const LOOK_MS = 5

/** Waits until something has become true: for effects that no event tells of. Fails by throwing after 5 s. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + LIMIT_MS
  while (!condition()) {
    if (performance.now() > end) throw new Error(`still waiting until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
