import fc from 'fast-check'

/** A change to a text of lines. */
export type Mutation =
  | { do: 'replace'; at: number; by: string }
  | { do: 'insert'; at: number; by: string }
  | { do: 'remove'; at: number }
  | { do: 'truncate'; at: number }
  | { do: 'line'; at: number; line: string }
  | { do: 'doubleLine'; at: number }
  | { do: 'dropLine'; at: number }

/** Changes that bring in one of these characters or lines, or take something away. */
export function mutations(characters: string, lines: readonly string[]): fc.Arbitrary<Mutation> {
  const by = fc.constantFrom(...characters)
  return fc.oneof(
    fc.record({ do: fc.constant('replace'), at: fc.nat(), by }),
    fc.record({ do: fc.constant('insert'), at: fc.nat(), by }),
    fc.record({ do: fc.constant('remove'), at: fc.nat() }),
    fc.record({ do: fc.constant('truncate'), at: fc.nat() }),
    fc.record({ do: fc.constant('line'), at: fc.nat(), line: fc.constantFrom(...lines) }),
    fc.record({ do: fc.constant('doubleLine'), at: fc.nat() }),
    fc.record({ do: fc.constant('dropLine'), at: fc.nat() }),
  )
}

export function mutate(text: string, mutation: Mutation): string {
  const lines = text.split('\r\n')
  const place = mutation.at % lines.length
  const at = mutation.at % (text.length + 1)
  const [before, after] = [text.slice(0, at), text.slice(at)]
  switch (mutation.do) {
    case 'replace':
      return before + mutation.by + after.slice(1)
    case 'insert':
      return before + mutation.by + after
    case 'remove':
      return before + after.slice(1)
    case 'truncate':
      return before
    case 'line':
      return lines.toSpliced(place, 0, mutation.line).join('\r\n')
    case 'doubleLine':
      return lines.toSpliced(place, 0, lines[place] ?? '').join('\r\n')
    case 'dropLine':
      return lines.toSpliced(place, 1).join('\r\n')
  }
}

export type Cuts = number[] | 'each'

/** Where a text is cut: at up to six places, or after each byte. */
export const cuts: fc.Arbitrary<Cuts> = fc.oneof(
  fc.array(fc.nat(), { maxLength: 6 }),
  fc.constant('each' as const),
)

export function cut(whole: string, at: Cuts): Buffer[] {
  const all = Buffer.from(whole, 'latin1')
  const places = at === 'each' ? [...all.keys()] : at.map((place) => place % (all.length + 1))
  const sorted = [0, ...places.sort((a, b) => a - b), all.length]
  return sorted
    .map((from, i) => all.subarray(from, sorted[i + 1] ?? from))
    .filter((chunk) => chunk.length > 0)
}
