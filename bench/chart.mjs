/** The picture for the README: what a small GET costs each proxy, as SVG that needs nothing else. */
import { proxies } from './proxies.mjs'

const WIDTH = 860
const LABELS = 200
const VALUES = 70
const ROW = 26
const BAR = 16
const PANEL_HEAD = 54
const BETWEEN = 18

const STYLE = `
    text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
    .title { font-size: 15px; font-weight: 600 }
    .axis { font-size: 12px; fill: #59636e }
    .ours { font-weight: 600 }
    .line { stroke: #d1d9e0 }
    rect { fill: #8c959f }
    rect.ours { fill: #0969da }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .axis { fill: #9198a1 }
      .line { stroke: #3d444d }
      rect { fill: #656c76 }
      rect.ours { fill: #4493f8 }
    }
  `

const panels = [
  {
    title: 'Processor time of a small GET',
    axis: 'CPU µs a request, user and system: shorter is better',
    figure: 'cpuMicros',
    show: (value) => value.toFixed(0),
  },
  {
    title: 'Small GETs a second that one core can carry',
    axis: 'requests a second of CPU time: longer is better',
    figure: 'requestsPerCpuSecond',
    show: (value) => Math.round(value).toLocaleString('en-US'),
  },
]

/** @returns {string | undefined} undefined if small GETs were not measured */
export function chart({ cases, machine }) {
  const medians = cases.get?.medians ?? {}
  const names = Object.keys(proxies).filter((name) => medians[name]?.cpuMicros !== undefined)
  if (names.length === 0) return undefined
  const sorted = names.toSorted((a, b) => medians[a].cpuMicros - medians[b].cpuMicros)
  const height = PANEL_HEAD + sorted.length * ROW + BETWEEN
  const drawn = panels.map((panel, i) => drawPanel(panel, sorted, medians, i * height))
  const total = panels.length * height + 20
  const foot = `64 connections, one core each; ${machine.cpu}, ${machine.date.slice(0, 10)}; npm run bench`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${total}" width="${WIDTH}" height="${total}" role="img" aria-labelledby="bench-title">
  <title id="bench-title">${panels.map((panel) => panel.title).join('; ')}, by proxy</title>
  <style>${STYLE}</style>
${drawn.join('\n')}
  <text class="axis" x="0" y="${total - 8}">${escaped(foot)}</text>
</svg>
`
}

function drawPanel({ title, axis, figure, show }, names, medians, top) {
  const longest = Math.max(...names.map((name) => medians[name][figure]))
  const scale = (WIDTH - LABELS - VALUES) / longest
  const rows = names.map((name, i) => {
    const value = medians[name][figure]
    const y = top + PANEL_HEAD + i * ROW
    const mark = name === 'ours' ? ' class="ours"' : ''
    const length = Math.max(1, value * scale).toFixed(1)
    return `  <text${mark} x="${LABELS - 10}" y="${y + 13}" text-anchor="end">${escaped(proxies[name].label)}</text>
  <rect${mark} x="${LABELS}" y="${y}" width="${length}" height="${BAR}" rx="2"/>
  <text${mark} x="${(LABELS + Number(length) + 7).toFixed(1)}" y="${y + 13}">${show(value)}</text>`
  })
  const bottom = top + PANEL_HEAD + names.length * ROW - (ROW - BAR) + 4
  return `  <text class="title" x="0" y="${top + 20}">${title}</text>
  <text class="axis" x="0" y="${top + 38}">${axis}</text>
  <line class="line" x1="${LABELS}" x2="${LABELS}" y1="${top + PANEL_HEAD - 4}" y2="${bottom}"/>
${rows.join('\n')}`
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
