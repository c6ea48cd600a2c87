/** Whose code a CPU profile of V8 was taken of. */

/**
 * Self time in microseconds by package: that of the nearest frame, upwards, in a package or in the program's own code,
 * so that what Node.js does for a package counts as the package's.
 * @returns {Map<string, number>}
 */
export function selfTimes({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const times = new Map()
  for (const [index, id] of samples.entries()) {
    if (byId.get(id).callFrame.functionName === '(idle)') continue
    const owner = ownerOf(id)
    times.set(owner, (times.get(owner) ?? 0) + timeDeltas[index])
  }
  return times

  function ownerOf(id) {
    for (let at = id; at !== undefined; at = parents.get(at)) {
      const { url } = byId.get(at).callFrame
      const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
      if (name !== undefined) return name
      if (url.includes('/dist/')) return 'camunda-auth-proxy'
    }
    return 'Node.js'
  }
}
