/** nginx with a configuration of its own, as one worker in the foreground. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { complaints, launch, listening } from './launch.mjs'

/**
 * Starts it and waits until it listens.
 * @param {{ folder: string, port: number, cores: string, http: string }} options
 *   `http` is what goes into its http block; `folder` is made, and is where it keeps what it must write
 */
export async function launchNginx({ folder, port, cores, http }) {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration(folder, http))
  const child = launch('nginx', ['-p', folder, '-c', file, '-e', 'stderr'], { cores })
  await listening(port, child, complaints(child))
  return child
}

function configuration(folder, http) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join('\n  ')
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid ${join(folder, 'nginx.pid')};
error_log stderr error;
events { worker_connections 4096; }
http {
  ${temporary}
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  sendfile on;
  tcp_nopush on;
  client_max_body_size 0;
  ${http}
}
`
}
