/** What the stand-in cluster has to show, in the shapes of Camunda's Orchestration Cluster REST API. */

export const topology = {
  brokers: [
    {
      nodeId: 0,
      brokerId: '0',
      host: '127.0.0.1',
      port: 26501,
      partitions: [{ partitionId: 1, role: 'leader', health: 'healthy', state: 'active' }],
      version: '8.8.0',
    },
  ],
  clusterId: '00000000-0000-4000-8000-000000000000',
  clusterSize: 1,
  partitionsCount: 1,
  replicationFactor: 1,
  gatewayVersion: '8.8.0',
  lastCompletedChangeId: '-1',
}

export const processDefinitions = [
  {
    name: 'Order process',
    resourceName: 'order-process.bpmn',
    version: 2,
    versionTag: null,
    processDefinitionId: 'order-process',
    tenantId: '<default>',
    processDefinitionKey: '2251799813685249',
    hasStartForm: false,
    state: 'ACTIVE',
  },
]

export const userTasks = [
  {
    name: 'Approve order',
    state: 'CREATED',
    assignee: null,
    elementId: 'approve-order',
    candidateGroups: ['sales'],
    candidateUsers: [],
    processDefinitionId: 'order-process',
    creationDate: '2026-01-15T09:30:00.000Z',
    completionDate: null,
    followUpDate: null,
    dueDate: null,
    tenantId: '<default>',
    externalFormReference: null,
    processDefinitionVersion: 2,
    customHeaders: {},
    priority: 50,
    userTaskKey: '2251799813685260',
    elementInstanceKey: '2251799813685259',
    processName: 'Order process',
    processDefinitionKey: '2251799813685249',
    processInstanceKey: '2251799813685251',
    rootProcessInstanceKey: '2251799813685251',
    formKey: null,
    tags: [],
  },
]

/** A page of search results that holds them all. */
export function searchResult(items: unknown[]) {
  const page = { totalItems: items.length, hasMoreTotalItems: false, startCursor: null, endCursor: null }
  return { items, page }
}

/** The caller, as GET /v2/authentication/me describes it. */
export function currentUser(username: string) {
  return {
    username,
    displayName: null,
    email: null,
    authorizedComponents: ['*'],
    tenants: [{ name: 'Default', tenantId: '<default>', description: null }],
    groups: [],
    roles: [],
    salesPlanType: null,
    c8Links: {},
    canLogout: false,
  }
}
