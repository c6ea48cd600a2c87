import { createCamundaClient } from '@camunda8/orchestration-cluster-api'
import { camundaAuth, loadSettings } from 'camunda-auth-proxy/undici'
import { Agent, setGlobalDispatcher } from 'undici'

const { settings } = await loadSettings([], process.env)
setGlobalDispatcher(new Agent().compose(camundaAuth({ settings })))

// It calls the global fetch, and gets no credential of its own.
const camunda = createCamundaClient({ config: { CAMUNDA_AUTH_STRATEGY: 'NONE' } })
const topology = await camunda.getTopology()
process.stdout.write(`200 ${topology.brokers.length} brokers\n`)
