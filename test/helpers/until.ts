/** Only against hanging: a busy machine may take its time. */
const LIMIT_MS = 20_000
const LOOK_MS = 5

/** Waits until something has become true: for effects that no event tells of. Fails by throwing after 20 s. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + LIMIT_MS
  while (!condition()) {
    if (performance.now() > end) throw new Error(`still waiting until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
