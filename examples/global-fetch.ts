import { camundaAuth, loadSettings } from 'camunda-auth-proxy/undici'
import { Agent, setGlobalDispatcher } from 'undici'

const { settings } = await loadSettings([], process.env)
setGlobalDispatcher(new Agent().compose(camundaAuth({ settings })))

const answer = await fetch(`${process.env.CAMUNDA_REST_ADDRESS}/v2/topology`)
process.stdout.write(`${answer.status} ${await answer.text()}\n`)
