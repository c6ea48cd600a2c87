"""One call by the official Python SDK, which finds the address in the environment: `calls.py topology|definitions`."""

import sys

from camunda_orchestration_sdk import CamundaClient

client = CamundaClient()
if sys.argv[1] == "topology":
    print("gatewayVersion:", client.get_topology().gateway_version)
else:
    for definition in client.search_process_definitions().items:
        print("processDefinitionId:", definition.process_definition_id)
