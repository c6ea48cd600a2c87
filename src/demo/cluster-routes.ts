import { type Handler, jsonBody } from './cluster-call.ts'
import { currentUser, processDefinitions, searchResult, topology, userTasks } from './cluster-data.ts'
import { documentStore } from './documents.ts'
import { json } from './http.ts'
import { activateJobs } from './job-activation.ts'

export interface Route {
  method: string
  /** `{id}` stands for one path segment. */
  path: string
  handle: Handler
  /** True where no token is asked for. */
  open?: boolean
}

/** The routes of one cluster, with a document store of its own. */
export function clusterRoutes(): Route[] {
  const documents = documentStore()
  const searchUserTasks = searchOf(userTasks)
  return [
    { method: 'GET', path: '/v2/status', handle: () => ({ status: 204 }), open: true },
    { method: 'GET', path: '/v2/topology', handle: () => json(200, topology) },
    {
      method: 'GET',
      path: '/v2/authentication/me',
      handle: ({ subject }) => json(200, currentUser(subject)),
    },
    { method: 'POST', path: '/v2/process-definitions/search', handle: searchOf(processDefinitions) },
    { method: 'POST', path: '/v2/user-tasks/search', handle: searchUserTasks },
    // Camunda has the plural only; the singular is seen in examples.
    { method: 'POST', path: '/v2/user-task/search', handle: searchUserTasks },
    { method: 'POST', path: '/v2/jobs/activation', handle: activateJobs },
    { method: 'POST', path: '/v2/documents', handle: documents.create },
    { method: 'GET', path: '/v2/documents/{id}', handle: documents.fetch },
    { method: 'DELETE', path: '/v2/documents/{id}', handle: documents.remove },
  ]
}

/** A search that looks at its filter only so far as to see that it is JSON. */
function searchOf(items: unknown[]): Handler {
  return async (call) => {
    await jsonBody(call)
    return json(200, searchResult(items))
  }
}

/**
 * Finds the route for a request.
 *
 * @param path - percent-encoded, without the query
 * @returns the route and what its `{id}` stands for, or undefined
 */
export function findRoute(routes: Route[], method: string | undefined, path: string) {
  for (const route of routes) {
    const id = route.method === method ? idIn(path, route.path) : undefined
    if (id !== undefined) return { route, id }
  }
  return undefined
}

/** The id in a path that fits the template, '' when the template has none; undefined when it does not fit. */
function idIn(path: string, template: string): string | undefined {
  const prefix = template.replace('{id}', '')
  if (prefix === template) return path === template ? '' : undefined
  const id = path.startsWith(prefix) ? path.slice(prefix.length) : ''
  return id === '' || id.includes('/') ? undefined : decode(id)
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
