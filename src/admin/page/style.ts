/** The looks of the status page, light and dark, from a phone to a desktop. */
export const style = `
:root {
  color-scheme: light dark;
  --bg: #f5f6f8; --card: #fff; --line: #dfe3ea; --text: #1b2333; --muted: #566074; --soft: #f0f2f6; --focus: #1d5fbf;
  --ok: #0b6b40; --ok-bg: #e2f4ea; --wait: #1b57ad; --wait-bg: #e5effc; --warn: #7d5000; --warn-bg: #fdf0d3;
  --bad: #a6221b; --bad-bg: #fde8e6; --off: #566074; --off-bg: #eceff4;
  --k2: #2a9d6a; --k3: #6b8fc9; --k4: #d99a1c; --k5: #d2453b; --kp: #7a5bc0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #0e1219; --card: #161c26; --line: #2a3342; --text: #e7ebf3; --muted: #a3aec2; --soft: #1e2632; --focus: #8ab8ff;
    --ok: #6fdca6; --ok-bg: #12301f; --wait: #8ab8ff; --wait-bg: #14284a; --warn: #f3c463; --warn-bg: #38290a;
    --bad: #ff9d94; --bad-bg: #431815; --off: #a3aec2; --off-bg: #232c3a;
    --k2: #43b885; --k3: #7ea3de; --k4: #e3ae43; --k5: #e8665c; --kp: #a58be3;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 0 20px 48px; max-width: 1120px; background: var(--bg); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere;
}
h1, h2, h3, p, dl, dd, ul, ol, pre { margin: 0; padding: 0; }
h1 { font-size: 1.125rem; line-height: 1.3; }
section > h2 { font-size: 1.0625rem; margin: 36px 0 12px; }
h3 { font-size: 1rem; line-height: 1.4; }
ul, ol { list-style: none; }
code, pre { font: .875em/1.5 ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
a { color: inherit; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 6px; }
#view:focus { outline: none; }
.muted { color: var(--muted); font-size: .875rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 20px; top: 8px; background: var(--card); padding: 8px 12px; border-radius: 6px; z-index: 1; }
.top { display: flex; gap: 12px; align-items: center; padding: 24px 0 20px; }
.top svg { flex: none; width: 36px; height: 36px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 20px; min-width: 0; }
.grid { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); align-items: start; }
.hero {
  display: flex; gap: 20px; align-items: center; padding: 28px 24px; border-radius: 18px;
  background: var(--card); border: 1px solid var(--line);
}
section.hero > div > h2 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -.01em; margin: 0 0 4px; }
.hero p + p { margin-top: 4px; }
.medal { flex: none; display: grid; place-items: center; width: 64px; height: 64px; border-radius: 50%; }
.medal .icon { width: 34px; height: 34px; }
.icon {
  width: 1em; height: 1em; flex: none; fill: none; stroke: currentColor; stroke-width: 3; stroke-linecap: round;
  stroke-linejoin: round;
}
.pill {
  display: inline-flex; gap: 6px; align-items: center; padding: 3px 12px 3px 9px; border-radius: 99px; font-weight: 600;
  font-size: .875rem;
}
.ok.pill, .ok .medal { color: var(--ok); background: var(--ok-bg); }
.wait.pill, .wait .medal { color: var(--wait); background: var(--wait-bg); }
.warn.pill, .warn .medal { color: var(--warn); background: var(--warn-bg); }
.bad.pill, .bad .medal, .banner.bad { color: var(--bad); background: var(--bad-bg); }
.off.pill, .off .medal { color: var(--off); background: var(--off-bg); }
.banner { display: flex; gap: 12px; padding: 14px 18px; border-radius: 12px; margin-bottom: 16px; }
.banner[hidden] { display: none; }
.banner .icon { margin-top: .25em; }
.note { margin-bottom: 12px; }
.card > header, .row { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.row { justify-content: space-between; }
.apis { display: flex; flex-wrap: wrap; gap: 4px 10px; color: var(--muted); }
.chip { font-size: .8125rem; padding: 1px 9px; border-radius: 99px; background: var(--soft); color: var(--muted); white-space: nowrap; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 16px; font-size: .875rem; margin-top: 12px; }
.facts dt { color: var(--muted); }
.credential { margin-top: 20px; padding-top: 20px; border-top: 1px solid var(--line); }
.life { margin-top: 16px; }
.bar { position: relative; height: 10px; border-radius: 5px; background: var(--off-bg); overflow: hidden; }
.bar .left { position: absolute; inset: 0; transform-origin: left; transform: scaleX(var(--fill)); transition: transform 1s linear; }
.left.ok { background: var(--k2); } .left.wait { background: var(--k3); } .left.warn { background: var(--k4); }
.left.bad { background: var(--k5); } .left.off { background: var(--muted); }
.bar .mark { position: absolute; top: 0; bottom: 0; width: 3px; left: calc(var(--fill) * 100%); background: var(--text); box-shadow: 0 0 0 2px var(--card); }
.times { display: flex; justify-content: space-between; gap: 12px; margin-top: 6px; font-size: .8125rem; color: var(--muted); font-variant-numeric: tabular-nums; }
.said { margin-top: 14px; padding: 10px 14px; border-radius: 10px; background: var(--soft); font-size: .9375rem; }
details { margin-top: 14px; font-size: .875rem; }
summary { cursor: pointer; color: var(--muted); padding: 4px 0; }
.claims dt { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .8125rem; max-width: 40vw; }
.copy { display: flex; gap: 8px; align-items: stretch; margin-top: 12px; }
pre { flex: 1; min-width: 0; padding: 9px 12px; border-radius: 8px; background: var(--soft); overflow-x: auto; overflow-wrap: normal; white-space: pre; }
button {
  flex: none; min-width: 76px; min-height: 40px; font: inherit; font-size: .875rem; font-weight: 600; color: var(--text); cursor: pointer;
  background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 0 12px; align-self: start;
}
button:hover { background: var(--soft); }
.client .muted { margin-top: 8px; }
.chart { display: block; width: 100%; height: 140px; }
.axis { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.k2xx { fill: var(--k2); background: var(--k2); } .k3xx { fill: var(--k3); background: var(--k3); }
.k4xx { fill: var(--k4); background: var(--k4); } .k5xx { fill: var(--k5); background: var(--k5); }
.kproxy { fill: var(--kp); background: var(--kp); }
.legend { display: flex; flex-wrap: wrap; gap: 6px 20px; margin-top: 14px; font-size: .875rem; font-variant-numeric: tabular-nums; }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 7px; }
.calm { display: flex; gap: 10px; align-items: center; color: var(--muted); }
.calm .icon { color: var(--ok); }
.problems li + li { margin-top: 16px; padding-top: 16px; border-top: 1px solid var(--line); }
.problems p { margin-top: 6px; font-size: .9375rem; }
footer { margin-top: 36px; }
@media (max-width: 560px) {
  body { padding: 0 14px 32px; }
  .hero { align-items: flex-start; gap: 14px; padding: 20px 16px; }
  .medal { width: 48px; height: 48px; }
  .medal .icon { width: 26px; height: 26px; }
  section.hero > div > h2 { font-size: 1.375rem; }
  .card { padding: 16px; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: 8px; }
}
@media (prefers-reduced-motion: reduce) { .bar .left { transition: none; } }
`
