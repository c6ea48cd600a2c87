import { createHash } from 'node:crypto'
import * as dom from './dom.ts'
import * as main from './main.ts'
import { style } from './style.ts'
import * as view from './view.ts'
import * as words from './words.ts'

/** A shield with a tick: the mark of the page, and its icon. */
const MARK =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true"><path fill="#e8500a" d="M16 2l12 4v9c0 8-5 12.600-12 15C9 27.600 4 23 4 15V6z"/><path fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" d="M10.500 16l4 4 7.500-8"/></svg>'

export interface StatusPage {
  html: string
  headers: Record<string, string>
}

let made: StatusPage | undefined

/** The status page: one document without data, that loads nothing but `/status.json`. */
export function statusPage(): StatusPage {
  made ??= makePage()
  return made
}

function makePage(): StatusPage {
  const functions = [dom, words, view, main].flatMap((file) => Object.values<unknown>({ ...file }))
  const script = `'use strict'\n${functions.filter((one) => typeof one === 'function').join('\n')}\nmain()\n`
  const icon = `data:image/svg+xml;base64,${Buffer.from(MARK).toString('base64')}`
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>camunda-auth-proxy: status</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
<a class="skip" href="#view">Skip to the status</a>
<header class="top">
${MARK}
<div><h1>camunda-auth-proxy</h1><p id="meta" class="muted">Loading</p></div>
</header>
<p id="news" class="unseen" role="status" aria-live="polite"></p>
<main>
<div id="lost" class="banner bad" hidden></div>
<div id="view" tabindex="-1"><noscript>This page needs JavaScript; /status.json has the same without.</noscript></div>
</main>
<footer class="muted">The same for programs: <a href="/status.json">/status.json</a>. No token or secret is ever shown here.</footer>
<script>${script}</script>
</body>
</html>
`
  return { html, headers: headersFor(script) }
}

function headersFor(script: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "connect-src 'self'",
    'img-src data:',
    "frame-ancestors 'none'",
    "form-action 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': policy.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
  }
}

function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
