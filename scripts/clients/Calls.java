import io.camunda.client.CamundaClient;
import java.net.URI;

/** One call by the official Java client: {@code java Calls.java ADDRESS topology|definitions}. */
public class Calls {
  public static void main(String[] args) {
    try (CamundaClient client =
        CamundaClient.newClientBuilder()
            .restAddress(URI.create(args[0]))
            .preferRestOverGrpc(true)
            .build()) {
      if (args[1].equals("topology")) {
        String version = client.newTopologyRequest().send().join().getGatewayVersion();
        System.out.println("gatewayVersion: " + version);
      } else {
        client
            .newProcessDefinitionSearchRequest()
            .send()
            .join()
            .items()
            .forEach(it -> System.out.println("processDefinitionId: " + it.getProcessDefinitionId()));
      }
    }
  }
}
