/**
 * How it looks. A host themes it with the `--takeback-…` variables, each of which has a default here.
 * Colour means something wherever it appears: red refuses, amber asks, green is done or can be taken back.
 */

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host {
  --ink: var(--takeback-ink, light-dark(#1d1c1a, #f1eee8));
  --soft: var(--takeback-soft, light-dark(#5d5a53, #b8b2a7));
  --surface: var(--takeback-surface, light-dark(#ffffff, #201f1c));
  --sunk: var(--takeback-sunk, light-dark(#f5f3ee, #191816));
  --line: var(--takeback-line, light-dark(#e5e1d8, #383530));
  --edge: var(--takeback-edge, light-dark(#8c867b, #7f796e));
  --accent: var(--takeback-accent, light-dark(#0a6b56, #74d3b8));
  --on-accent: var(--takeback-on-accent, light-dark(#ffffff, #06261e));
  --bad: var(--takeback-bad, light-dark(#b01f17, #ff9e93));
  --bad-wash: var(--takeback-bad-wash, light-dark(#fdf0ee, #2f201e));
  --warn: var(--takeback-warn, light-dark(#875200, #efc16f));
  --warn-wash: var(--takeback-warn-wash, light-dark(#fcf5e4, #2b2517));
  --good-wash: var(--takeback-good-wash, light-dark(#eaf5f0, #1a2823));
  --radius: var(--takeback-radius, 10px);
  --font: var(--takeback-font, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif);
  color-scheme: light dark;
  display: block;
  color: var(--ink);
  font: 400 1rem/1.55 var(--font);
  -webkit-text-size-adjust: 100%;
  text-wrap: pretty;
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([hidden]) { display: none; }
*, ::before, ::after { box-sizing: border-box; }

/* --- type --- */
h2, h3, p, ul, ol, dl, dd, fieldset, legend, table { margin: 0; padding: 0; }
h2 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.022em; font-weight: 650; text-wrap: balance; overflow-wrap: anywhere; }
h3 { font-size: 1.0625rem; line-height: 1.35; letter-spacing: -0.008em; font-weight: 620; }
h2:focus, section:focus, .block:focus { outline: none; }
small { font-size: 0.8125rem; color: var(--soft); }
ul, ol { list-style: none; }
fieldset { border: 0; min-width: 0; }
.number, .figure dd, progress + p, .chip-count { font-variant-numeric: tabular-nums lining-nums; }
.quiet { color: var(--soft); font-size: 0.9375rem; }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.icon { width: 1.25em; height: 1.25em; flex: none; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; vertical-align: -0.25em; }

/* --- controls --- */
button, input, select { font: inherit; color: inherit; letter-spacing: inherit; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.button {
  display: inline-flex; align-items: center; justify-content: center; gap: 0.5em; min-height: 2.75rem; padding: 0.5rem 1.125rem;
  border: 1px solid var(--edge); border-radius: var(--radius); background: var(--surface); font-weight: 560; font-size: 0.9375rem; line-height: 1.25; cursor: pointer; text-align: center;
}
.button:hover { border-color: var(--ink); }
.button:focus-visible, .button:focus-within:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: var(--radius); }
.button.primary { background: var(--ink); border-color: var(--ink); color: light-dark(#fff, #191816); }
.button.primary:hover:enabled, label.button.primary:hover { background: color-mix(in oklab, var(--ink) 86%, var(--surface)); }
.button.undo { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.button.undo:hover:enabled { background: color-mix(in oklab, var(--accent) 88%, var(--ink)); }
.button.danger { background: var(--bad); border-color: var(--bad); color: light-dark(#fff, #2b0d0a); }
.button:disabled, .button.undo:disabled, .button.primary:disabled { background: var(--sunk); border-color: var(--line); color: var(--soft); cursor: default; }
.link { border: 0; background: none; padding: 0.125rem 0; color: var(--accent); text-decoration: underline; text-underline-offset: 0.18em; text-decoration-thickness: 1px; cursor: pointer; font-size: inherit; }
.icon-button { display: inline-grid; place-items: center; width: 2rem; height: 2rem; border: 0; border-radius: 6px; background: none; color: var(--soft); cursor: pointer; font-size: 0.9rem; }
.icon-button:hover { background: var(--sunk); color: var(--ink); }
.icon-button:disabled { opacity: 0.4; cursor: default; }
select, input[type="search"], input[type="number"] {
  min-height: 2.5rem; padding: 0.375rem 0.75rem; border: 1px solid var(--edge); border-radius: 8px; background: var(--surface); max-width: 100%; font-size: 0.9375rem;
}
select { appearance: none; padding-right: 2.25rem; text-overflow: ellipsis;
  background: linear-gradient(45deg, transparent 50%, var(--soft) 50%) calc(100% - 1.125rem) 55% / 0.375rem 0.375rem no-repeat,
    linear-gradient(-45deg, transparent 50%, var(--soft) 50%) calc(100% - 0.75rem) 55% / 0.375rem 0.375rem no-repeat, var(--surface); }
input[type="radio"], input[type="checkbox"] { accent-color: var(--accent); width: 1.125rem; height: 1.125rem; margin: 0.2rem 0 0; flex: none; }
.actions { display: flex; flex-wrap: wrap; gap: 0.625rem; margin-top: 1rem; }
.field { display: grid; gap: 0.25rem; font-size: 0.875rem; color: var(--soft); }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr)); gap: 1rem; padding: 0.5rem 0 0.25rem; }
.field select, .field input { color: var(--ink); width: 100%; }
.choices { display: grid; gap: 0.5rem; margin-top: 0.75rem; }
.choice { display: flex; gap: 0.75rem; padding: 0.75rem 1rem; border: 1px solid var(--edge); border-radius: var(--radius); background: var(--surface); cursor: pointer; }
.choice:has(:checked) { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.choice:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 2px; }
.choice small { display: block; }
details > summary { cursor: pointer; padding: 0.5rem 0; font-weight: 560; font-size: 0.9375rem; color: var(--accent); width: fit-content; }
details + details { margin-top: 0; }

/* --- the way through --- */
.steps { display: flex; gap: 0.5rem; margin: 0 0 2rem; font-size: 0.875rem; color: var(--soft); }
.steps li { flex: 1; padding-top: 0.625rem; border-top: 3px solid var(--line); }
.steps li.past { border-color: var(--ink); }
.steps li[aria-current] { border-color: var(--accent); color: var(--ink); font-weight: 620; }
.queue { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-bottom: 1.5rem; }
.queue button { display: grid; text-align: start; gap: 0; padding: 0.5rem 0.875rem; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); cursor: pointer; font-size: 0.9375rem; max-width: 16rem; }
.queue button span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.queue button[aria-current] { border-color: var(--ink); box-shadow: inset 0 0 0 1px var(--ink); }

/* --- surfaces --- */
.card { background: var(--surface); border: 1px solid var(--line); border-radius: calc(var(--radius) * 1.4); padding: clamp(1.25rem, 4vw, 2.25rem); }
.card > * + * { margin-top: 0.875rem; }
.block { margin-top: 2.75rem; }
.block > h3 + p, .block > legend + p { margin-top: 0.25rem; }
.empty { text-align: center; }
.empty .actions { justify-content: center; }
.spread { display: flex; justify-content: space-between; gap: 1rem; flex-wrap: wrap; }
.filename { display: flex; gap: 0.625rem; align-items: center; overflow-wrap: anywhere; }
.filename .icon { color: var(--soft); }
.verdict { margin-top: 0.5rem; font-size: 1.125rem; color: var(--soft); overflow-wrap: anywhere; }
.verdict.warn { color: var(--warn); }
.drop { display: grid; justify-items: center; gap: 0.875rem; padding: clamp(2.25rem, 7vw, 4.5rem) 1.25rem; border: 1.5px dashed var(--edge); border-radius: calc(var(--radius) * 1.6); background: var(--surface); text-align: center; transition: background 0.15s, border-color 0.15s; }
.drop.over { border-color: var(--accent); border-style: solid; background: var(--good-wash); }
.drop > .icon { width: 2.25rem; height: 2.25rem; color: var(--accent); stroke-width: 1.5; }
.drop-title { font-size: 1.375rem; font-weight: 620; letter-spacing: -0.015em; line-height: 1.25; }
.drop.small { padding: 0.75rem 1rem; margin-top: 0.875rem; gap: 0.75rem; grid-auto-flow: column; justify-content: space-between; align-items: center; text-align: start; background: none; border-radius: var(--radius); }
.drop.small .drop-title { font-size: 0.9375rem; font-weight: 400; letter-spacing: 0; }
.below { margin-top: 0.875rem; text-align: center; }
.together { white-space: nowrap; }
progress { display: block; width: 100%; height: 8px; appearance: none; border: 0; border-radius: 99px; overflow: hidden; background: var(--line); }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--accent); transition: inline-size 0.2s; }
progress::-moz-progress-bar { background: var(--accent); }
progress:indeterminate { background: linear-gradient(90deg, transparent, var(--accent), transparent) -50% 0 / 50% 100% no-repeat var(--line); animation: pass 1.4s ease-in-out infinite; }
progress:indeterminate::-webkit-progress-bar { background: none; }
progress:indeterminate::-moz-progress-bar { background: none; }
@keyframes pass { to { background-position: 150% 0; } }
.busy { display: flex; align-items: center; gap: 0.625rem; color: var(--soft); }
.spinner { width: 1rem; height: 1rem; border: 2px solid var(--line); border-top-color: var(--accent); border-radius: 50%; animation: turn 0.8s linear infinite; flex: none; }
@keyframes turn { to { rotate: 1turn; } }
.note { display: flex; gap: 0.875rem; padding: 1rem 1.125rem; border-radius: var(--radius); margin-top: 1rem; background: var(--sunk); }
.note > div { min-width: 0; flex: 1; overflow-wrap: anywhere; }
.note > .icon { margin-top: 0.15em; }
.note-title { font-weight: 620; }
:host > .note { margin-bottom: 1.75rem; }
.note.bad { background: var(--bad-wash); } .note.bad > .icon, .note.bad .note-title { color: var(--bad); }
.note.warn { background: var(--warn-wash); } .note.warn > .icon, .note.warn .note-title { color: var(--warn); }
.note.good { background: var(--good-wash); } .note.good > .icon, .note.good .note-title { color: var(--accent); }
.banner { border-radius: var(--radius); position: sticky; top: 0.5rem; z-index: 3; margin: 0 0 1.75rem; box-shadow: 0 4px 18px rgb(0 0 0 / 0.12); }

/* --- what was understood --- */
.facts { display: grid; gap: 0.5rem; margin: 0.875rem 0 0.5rem; }
.facts li { display: flex; gap: 0.625rem; overflow-wrap: anywhere; }
.facts .icon { color: var(--accent); margin-top: 0.15em; }
.facts span { min-width: 0; }
.dropped { display: grid; gap: 0.375rem; padding: 0.25rem 0 0.75rem; font-size: 0.875rem; }
.dropped li { overflow-wrap: anywhere; }
.sample { color: var(--soft); }
.question { display: flex; gap: 0.875rem; padding: 1.125rem 1.25rem; border-radius: var(--radius); background: var(--warn-wash); margin-top: 0.875rem; }
.question > .icon { color: var(--warn); margin-top: 0.2em; }
.question > div { flex: 1; min-width: 0; }
.question-text { font-weight: 620; overflow-wrap: anywhere; display: block; }
.question select { margin-top: 0.75rem; width: min(100%, 28rem); }

/* --- columns --- */
.columns { margin-top: 0.75rem; border-top: 1px solid var(--line); }
.column { display: grid; grid-template-columns: minmax(0, 1fr) auto minmax(0, 1fr); gap: 0.25rem 1rem; align-items: start; padding: 0.75rem 0; border-bottom: 1px solid var(--line); }
.column-name { font-weight: 560; overflow-wrap: anywhere; display: block; padding-top: 0.5rem; }
.column-field { display: grid; gap: 0.25rem; justify-items: start; }
.column-field select { width: 100%; }
.samples { display: block; font-size: 0.8125rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.samples .sample + .sample::before { content: "·"; margin: 0 0.5em; }
.arrow { padding-top: 0.5rem; color: var(--soft); }
.reason { font-size: 0.8125rem; color: var(--soft); overflow-wrap: anywhere; }
.unused .column-name { font-weight: 400; }

/* --- rows --- */
.row-tools { display: flex; flex-wrap: wrap; gap: 0.75rem 1.5rem; justify-content: space-between; align-items: center; margin: 1rem 0 0.5rem; }
.filters, .left-out { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; min-width: 0; }
.left-out { margin-top: 1rem; font-size: 0.9375rem; }
.filters select { width: 12rem; max-width: 100%; min-height: 2.25rem; }
.chip { display: inline-flex; align-items: center; gap: 0.5em; min-height: 2.25rem; padding: 0.25rem 0.875rem; border: 1px solid var(--edge); border-radius: 99px; background: var(--surface); font-size: 0.875rem; cursor: pointer; }
.chip:focus-visible { border-radius: 99px; }
.chip[aria-pressed="true"] { background: var(--ink); border-color: var(--ink); color: light-dark(#fff, #191816); }
.chip-count { opacity: 0.8; }
.jump { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; font-size: 0.875rem; }
.jump input { width: 6.5rem; min-height: 2.25rem; }
.jump .button { min-height: 2.25rem; padding: 0.25rem 0.875rem; font-size: 0.875rem; }
.scroll { overflow: auto; border: 1px solid var(--line); border-radius: var(--radius); margin-top: 0.75rem; background: var(--surface); max-height: min(70vh, 44rem); overscroll-behavior-x: contain; }
.scroll:focus-visible { border-radius: var(--radius); }
.pad { padding: 1.25rem; }
.rows { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 0.875rem; line-height: 1.4; }
.rows th, .rows td { text-align: start; padding: 0.5rem 0.75rem; vertical-align: top; border-bottom: 1px solid var(--line); }
.rows thead th { position: sticky; top: 0; z-index: 2; background: var(--sunk); font-weight: 560; color: var(--soft); white-space: nowrap; font-size: 0.8125rem; }
.rows .number { text-align: end; font-variant-numeric: tabular-nums lining-nums; white-space: nowrap; }
.rows tbody th { position: sticky; left: 0; z-index: 1; background: var(--surface); color: var(--soft); font-weight: 400; font-variant-numeric: tabular-nums; text-align: end; }
.rows tbody th.name { text-align: start; color: inherit; white-space: nowrap; }
.rows th.name small { display: block; }
.rows thead th:first-child { left: 0; z-index: 3; }
.rows td > span { display: block; min-width: 4ch; max-width: 22rem; overflow-wrap: anywhere; }
.rows td.kind-text > span { min-width: 14ch; }
.rows td.kind-date > span, .rows td.kind-id > span { white-space: nowrap; }
.rows td small { display: block; max-width: 22rem; overflow-wrap: anywhere; }
.rows td.number span { margin-inline-start: auto; }
.rows tr.bad > *, .rows tr.why > * { background: var(--bad-wash); }
.rows tr.bad > * { border-bottom: 0; }
.rows tr.why td { padding-top: 0; }
.rows tr.why ul { position: sticky; left: 0.75rem; width: fit-content; max-width: min(48rem, 80vw); display: grid; gap: 0.125rem; overflow-wrap: anywhere; }
.rows tr:focus-visible > *, .rows tr.found > * { box-shadow: inset 0 2px var(--accent), inset 0 -2px var(--accent); }
.rows tr:focus { outline: none; }
.wrong span { color: var(--bad); text-decoration: underline wavy 1px; text-underline-offset: 0.25em; }
.unseen { color: var(--soft); }
.row-act { width: 2.5rem; padding: 0.125rem 0.25rem !important; }

/* --- sums: the double rule of a ledger --- */
.ledger { border-collapse: collapse; margin-top: 0.5rem; width: min(100%, 34rem); }
.ledger caption { text-align: start; color: var(--soft); font-size: 0.9375rem; padding-bottom: 0.5rem; }
.ledger th { font-weight: 400; text-align: start; padding: 0.5rem 1rem 0.5rem 0; }
.ledger td { text-align: end; font-variant-numeric: tabular-nums lining-nums; font-weight: 560; padding: 0.5rem 0; }
.ledger tr + tr > * { border-top: 1px solid var(--line); }
.ledger tr > td { border-bottom: 0; }
.ledger tbody { border-bottom: 3px double var(--ink); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 11rem), 1fr)); gap: 1rem; margin: 1.5rem 0; }
.figure { display: flex; flex-direction: column-reverse; justify-content: flex-end; padding-top: 0.75rem; border-top: 3px solid var(--line); }
.figure dd { font-size: 2.25rem; line-height: 1.1; font-weight: 620; letter-spacing: -0.03em; }
.figure dt { color: var(--soft); font-size: 0.9375rem; }
.figure.warn { border-color: var(--warn); } .figure.warn dd { color: var(--warn); }

/* --- what comes next, always in sight --- */
.bar { position: sticky; bottom: 0; z-index: 4; display: flex; flex-wrap: wrap; gap: 0.625rem 1.5rem; align-items: center; justify-content: space-between; margin-top: 2.75rem; padding: 0.875rem 0 max(0.875rem, env(safe-area-inset-bottom)); background: color-mix(in oklab, var(--takeback-page, light-dark(#faf9f6, #161513)) 100%, transparent); border-top: 1px solid var(--line); }
.bar-text { flex: 1 1 14rem; font-size: 0.9375rem; display: flex; gap: 0.5rem; align-items: center; }
.bar-text .icon { color: var(--accent); }
.bar .actions { margin: 0; }

/* --- the undo is the hero --- */
.hero { display: flex; flex-wrap: wrap; gap: 2rem 3rem; justify-content: space-between; align-items: center; padding: clamp(1.5rem, 5vw, 3rem); border-radius: calc(var(--radius) * 1.8); background: light-dark(#eef3ef, #1c2723); }
.hero.made { color-scheme: dark; background: var(--takeback-panel, #262420); color: #f6f3ec; --soft: #bdb6a8; --accent: var(--takeback-undo, #7fdcc1); --on-accent: #06261e; box-shadow: inset 0 0 0 1px #38353066; }
.hero h2 { font-size: clamp(1.75rem, 1.3rem + 2vw, 2.5rem); }
.hero-text { flex: 1 1 18rem; min-width: 0; }
.hero-text > * + * { margin-top: 0.5rem; }
.hero-kicker { display: flex; gap: 0.5rem; align-items: center; font-weight: 560; color: var(--accent); }
.hero-file { overflow-wrap: anywhere; }
.hero-quiet, .hero-file span { color: var(--soft); }
.hero-undo { display: flex; gap: 1.25rem; align-items: center; flex-wrap: wrap; }
.hero-undo .hero-quiet { margin-top: 0.5rem; text-align: center; font-size: 0.9375rem; }
.hero-closed { display: flex; gap: 0.625rem; align-items: center; color: var(--soft); }
.dial { width: 6.5rem; height: 6.5rem; flex: none; fill: none; stroke-linecap: round; stroke-linejoin: round; }
.dial-track { stroke: rgb(255 255 255 / 0.16); stroke-width: 7; }
.dial-left { stroke: var(--accent); stroke-width: 7; stroke-linecap: butt; }
.dial-arrow { stroke: #f6f3ec; stroke-width: 6; }
.trail { display: grid; gap: 0.375rem; font-size: 0.9375rem; padding-bottom: 0.5rem; }
.trail time { color: var(--soft); font-variant-numeric: tabular-nums; }

/* --- history --- */
.history-head { display: flex; flex-wrap: wrap; gap: 0.75rem 1.5rem; justify-content: space-between; align-items: end; margin-bottom: 0.75rem; }
.batches { border-top: 1px solid var(--line); }
.batch { display: grid; grid-template-columns: minmax(0, 1fr) auto auto; gap: 0.25rem 1.5rem; align-items: center; padding: 0.875rem 0; border-bottom: 1px solid var(--line); }
.batch-name { display: block; width: 100%; text-align: start; border: 0; background: none; padding: 0; font-weight: 560; cursor: pointer; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.batch-name:hover { text-decoration: underline; text-underline-offset: 0.18em; }
.batch-facts { color: var(--soft); font-size: 0.875rem; overflow-wrap: anywhere; }
.state { display: inline-flex; gap: 0.375rem; align-items: center; font-size: 0.875rem; white-space: nowrap; color: var(--soft); font-variant-numeric: tabular-nums; }
.state.open { color: var(--accent); } .state.failed { color: var(--bad); }
.state:last-child { grid-column: 2 / -1; justify-self: end; }
.batch .button { min-height: 2.5rem; padding: 0.375rem 0.875rem; }

@media (max-width: 640px) {
  h2 { font-size: 1.5rem; }
  .steps { font-size: 0.8125rem; margin-bottom: 1.5rem; }
  .block { margin-top: 2.25rem; }
  .column { grid-template-columns: minmax(0, 1fr); gap: 0.5rem; }
  .arrow { display: none; }
  .column-name { padding-top: 0; }
  .batch { grid-template-columns: minmax(0, 1fr) auto; }
  .batch .state { grid-column: 1; grid-row: 2; justify-self: start; } .batch .button { grid-column: 2; grid-row: 1 / span 2; }
  .drop.small { grid-auto-flow: row; }
  .bar { flex-direction: column; align-items: stretch; }
  .bar-text { flex: none; }
  .bar .actions { display: grid; grid-template-columns: auto 1fr; }
  .bar .button { padding-inline: 0.75rem; }
  .hero { gap: 1.5rem; }
  .hero-undo { width: 100%; display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0.875rem; }
  .hero-undo .button { width: 100%; padding-inline: 0.5rem; }
  .dial { width: 4.25rem; height: 4.25rem; }
}
@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after { animation-duration: 0.01ms !important; animation-iteration-count: 1 !important; transition: none !important; scroll-behavior: auto !important; }
  progress:indeterminate { background: repeating-linear-gradient(45deg, var(--line) 0 8px, var(--accent) 8px 12px); }
}
@media (forced-colors: active) {
  .steps li[aria-current], .chip[aria-pressed="true"], .choice:has(:checked) { border-color: Highlight; }
  .dial-left { stroke: Highlight; }
}
`);

export default sheet;
