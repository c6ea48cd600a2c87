const PREFIX = 'camunda_auth_proxy_'

/** What `/metrics` of an admin listener says: the value of a series, by its name without prefix. */
export async function metricsOf(adminUrl: string): Promise<(series: string) => number | undefined> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text()
  const lines = text.split('\n')
  return (series) => {
    const line = lines.find((line) => line.startsWith(`${PREFIX}${series} `))
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1))
  }
}
