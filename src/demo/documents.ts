import { createHash, randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { boundedBody, type Call, isObject, jsonObject } from './cluster-call.ts'
import { ClusterProblem } from './cluster-problem.ts'
import { type Answer, json } from './http.ts'

const MiB = 1024 * 1024
const uploadLimit = 16 * MiB
const storeId = 'in-memory'

interface StoredDocument {
  bytes: Uint8Array
  contentType: string
  contentHash: string
}

/** A document store in memory: the newest 100 documents, or fewer when they hold more than 256 MiB. */
export function documentStore() {
  const documents = new LRUCache<string, StoredDocument>({
    max: 100,
    maxSize: 256 * MiB,
    sizeCalculation: ({ bytes }) => bytes.length + 1,
  })

  /** `peek` leaves the order as it is, so that the oldest goes first and not the one least in demand. */
  function find({ id }: Call): StoredDocument {
    const document = documents.peek(id)
    if (document === undefined) throw new ClusterProblem(404, `No document has the id '${id}'`)
    return document
  }

  return {
    async create(call: Call): Promise<Answer> {
      const { file, given } = await readUpload(call)
      const documentId = call.query.get('documentId') || randomUUID()
      if (documents.has(documentId)) throw new ClusterProblem(409, `The id '${documentId}' is taken`)

      const bytes = new Uint8Array(await file.arrayBuffer())
      const contentHash = createHash('sha256').update(bytes).digest('hex')
      const metadata = completeMetadata(file, given)
      documents.set(documentId, { bytes, contentType: metadata.contentType, contentHash })
      return json(201, { 'camunda.document.type': 'camunda', storeId, documentId, contentHash, metadata })
    },

    fetch(call: Call): Answer {
      const { bytes, contentType, contentHash } = find(call)
      const expected = call.query.get('contentHash') ?? contentHash
      if (expected !== contentHash) throw new ClusterProblem(400, 'The content hash does not match')
      return {
        status: 200,
        headers: { 'content-type': contentType, 'x-content-type-options': 'nosniff' },
        body: bytes,
      }
    },

    remove(call: Call): Answer {
      find(call)
      documents.delete(call.id)
      return { status: 204 }
    },
  }
}

/** Reads the parts `file` and `metadata` of a multipart form (RFC 7578). */
async function readUpload(call: Call): Promise<{ file: File; given: Record<string, unknown> }> {
  const form = await readForm(call)
  const file = form.get('file')
  // Without a file name a part is text to the platform's parser, and its bytes are lost.
  if (!(file instanceof File)) throw new ClusterProblem(400, "A part 'file' with a file name is expected")
  const metadata = form.get('metadata') ?? '{}'
  return { file, given: jsonObject(typeof metadata === 'string' ? metadata : await metadata.text()) }
}

async function readForm(call: Call): Promise<FormData> {
  const body = await boundedBody(call, uploadLimit)
  const headers = { 'content-type': call.request.headers['content-type'] ?? '' }
  try {
    return await new Response(body, { headers }).formData()
  } catch {
    throw new ClusterProblem(400, 'The body is not a multipart form')
  }
}

/** What the uploader said about the file, and what can be seen where nothing was said. */
function completeMetadata(file: File, given: Record<string, unknown>) {
  const contentType = textOr(file.type || 'application/octet-stream', given.contentType)
  if (!/^[\x20-\x7e]+$/.test(contentType))
    throw new ClusterProblem(400, 'The content type cannot be sent back')
  return {
    contentType,
    fileName: textOr(file.name, given.fileName),
    expiresAt: textOr(null, given.expiresAt),
    size: file.size,
    processDefinitionId: textOr(null, given.processDefinitionId),
    processInstanceKey: textOr(null, given.processInstanceKey),
    customProperties: isObject(given.customProperties) ? given.customProperties : {},
  }
}

function textOr<Fallback>(fallback: Fallback, value: unknown): string | Fallback {
  return typeof value === 'string' ? value : fallback
}
