import { readdirSync, readFileSync } from 'node:fs'

/** Bytes that somebody sent, or could, and what must become of them. */
export interface CorpusEntry {
  name: string
  /** What came of it once, if that was wrong. */
  was: string | undefined
  /** What is sent, each piece once nothing more comes of those before it; one character for each byte. */
  pieces: string[]
  /** Status, and the code of a problem of ours, of each answer in order; undefined if parsers may differ. */
  answers: string[] | undefined
  /** Method, target and body of each request that the cluster may see, sorted; some of them not if the connection is closed. */
  cluster: string[] | undefined
}

type Text = (string | { repeat: string; times: number })[]

const FOLDER = 'test/corpus/requests'

/** The entries of test/corpus/requests, by the name of their file. */
export function corpus(): [family: string, entries: CorpusEntry[]][] {
  return readdirSync(FOLDER).map((file) => [file.replace('.json', ''), entriesOf(file)])
}

function entriesOf(file: string): CorpusEntry[] {
  const entries = JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8')) as (Omit<CorpusEntry, 'pieces'> & {
    bytes?: Text
    pieces?: Text[]
  })[]
  return entries.map(({ bytes = [], pieces = [bytes], ...entry }) => ({
    ...entry,
    pieces: pieces.map(textOf),
  }))
}

function textOf(text: Text): string {
  return text.map((part) => (typeof part === 'string' ? part : part.repeat.repeat(part.times))).join('')
}
