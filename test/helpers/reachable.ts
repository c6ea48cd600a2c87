/** More than any error of ours should have hanging on it. */
const MAX_OBJECTS = 200_000

/**
 * Every text that can be reached from a value by its own properties: strings, symbols and getters among them, what is
 * in maps, sets and bytes, and what stands on its way there. Joined by line breaks.
 */
export function reachableText(root: unknown): string {
  const texts: string[] = []
  const seen = new Set<object>()
  const queue: unknown[] = [root]
  for (let value = queue.pop(); ; value = queue.pop()) {
    if (typeof value === 'string') texts.push(value)
    else if (isObject(value) && !seen.has(value)) {
      if (seen.size > MAX_OBJECTS) throw new Error('half of the program hangs on it')
      seen.add(value)
      if (ArrayBuffer.isView(value))
        texts.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1'))
      else queue.push(...partsOf(value))
    }
    if (queue.length === 0) return texts.join('\n')
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function partsOf(value: object): unknown[] {
  const inside = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : []
  const own = Reflect.ownKeys(value).flatMap((key) => {
    try {
      return [typeof key === 'symbol' ? key.description : key, Reflect.get(value, key)]
    } catch {
      return []
    }
  })
  return [...inside, ...own]
}
