/** The review: what was understood, what is asked, columns, rows, sums. */

import { html, nothing } from "./lit-html-3.3.3.js";
import { amount, count, plural } from "./format.js";
import { busy, icon, ledger, note, trouble } from "./parts.js";
import { columns, questions } from "./view-columns.js";
import { fileErrors, rows } from "./view-rows.js";
import { openQuestions, understood, verdict } from "./words.js";

/** @typedef {import("./job.js").Job} Job */

/**
 * @param {Job} job @param {any[]} fields
 * @param {{ondownload: () => void, onaway: () => void, ondiscard: () => void, corrected: any, focusOn: (id: string) => void}} acts
 */
export function review(job, fields, acts) {
  const { preview } = job;
  if (preview.state === "unreadable") return unreadable(job, acts);
  return html`<section aria-labelledby="step">
    <h2 id="step" tabindex="-1" class="filename-title">${job.filename}</h2>
    <p class="verdict ${preview.state === "ready" ? "" : "warn"}">${verdict(preview)}</p>
    ${trouble(job.problem)} ${fileErrors(preview)} ${preview.warnings.map((warning) => note("warn", "Please look at this", warning))}
    ${facts(job)} ${questions(job, fields)} ${columns(job, fields)} ${rows(job, fields, acts)} ${sums(preview, fields)}
    ${bar(job, acts)}
  </section>`;
}

/** @param {Job} job */
function facts(job) {
  const { preview } = job;
  const dropped = preview.file.dropped_lines;
  return html`<section class="block" aria-labelledby="facts">
    <h3 id="facts">What was understood</h3>
    <ul class="facts">
      ${understood(preview).map((fact) => html`<li>${icon("check")}<span>${fact.text}${fact.proof ? html` <small>${fact.proof}</small>` : nothing} ${answered(job, fact)}</span></li>`)}
    </ul>
    ${dropped.length
      ? html`<details>
          <summary>${plural(dropped.length, "line")} that ${dropped.length === 1 ? "is no row was" : "are no rows were"} left out</summary>
          <ul class="dropped">
            ${dropped.slice(0, 100).map((line) => html`<li><b>Row ${count(line.row_number)}</b> <span class="sample">${line.text || "blank"}</span> <small>${line.reason}</small></li>`)}
          </ul>
          ${dropped.length > 100 ? html`<p class="quiet">and ${count(dropped.length - 100)} more</p>` : nothing}
        </details>`
      : nothing}
    ${layout(job)}
  </section>`;
}

/** What a person answered can be taken back as well. @param {Job} job @param {{kinds?: string[]}} fact */
function answered(job, fact) {
  const given = (fact.kinds ?? []).filter((kind) => job.options[kind]);
  const ask = () => job.revise({ options: Object.fromEntries(given.map((kind) => [kind, null])) });
  return given.length ? html`<button type="button" class="link" @click=${ask}>Take this answer back</button>` : nothing;
}

/** How the file is read, to be set by hand. @param {Job} job */
function layout(job) {
  const { file, state } = job.preview;
  const { options } = job;
  const cells = state !== "unreadable";
  if (!cells && !file.sheets.length && !file.header_row && file.format !== "csv") return nothing;
  const set = (name, forget) => (event) => job.revise({ options: { [name]: event.target.value || null } }, { forget });
  const header = (event) => event.target.checkValidity() && job.revise({ options: { header_row: Number(event.target.value) || null } }, { forget: true });
  const select = (label, name, values, forget = false) => html`<label class="field">${label}
    <select @change=${set(name, forget)}>
      <option value="" .selected=${!options[name]}>Found by itself</option>
      ${values.map(([value, text]) => html`<option value=${value} .selected=${options[name] === value}>${text}</option>`)}
    </select></label>`;
  return html`<details>
    <summary>Read the file another way</summary>
    <div class="fields">
      ${file.sheets.length > 1 ? select("Sheet", "sheet", file.sheets.map((name) => [name, name]), true) : nothing}
      ${file.header_row ? html`<label class="field">Headers are in row <input type="number" min="1" .value=${String(options.header_row ?? file.header_row)} @change=${header} /></label>` : nothing}
      ${file.format === "csv" ? select("Columns are separated by", "delimiter", [[",", "Comma"], [";", "Semicolon"], ["\t", "Tab"], ["|", "Vertical bar"]], true) : nothing}
      ${file.format === "csv" ? select("Letters are written as", "encoding", [["utf-8", "UTF-8"], ["cp1252", "Windows (Western)"], ["iso-8859-1", "Latin 1"], ["utf-16", "UTF-16"], ["mac-roman", "Mac Roman"]], true) : nothing}
      ${cells ? html`${select("Dates", "date_order", [["MDY", "Month first"], ["DMY", "Day first"], ["YMD", "Year first"]])}
      ${select("Cents come after", "decimal_mark", [[".", "A point"], [",", "A comma"]])}
      ${select("Amounts are in", "money_unit", [["major", "Whole units"], ["cents", "Cents"]])}` : nothing}
    </div>
  </details>`;
}

/** @param {any} preview @param {any[]} fields */
export function sums(preview, fields) {
  const listed = fields.filter((field) => field.kind === "money" && preview.totals[field.name] !== undefined);
  if (!listed.length) return nothing;
  return html`<section class="block" aria-labelledby="sums">
    <h3 id="sums">Totals</h3>
    ${ledger(listed.map((field) => ({ label: field.label, text: amount(preview.totals[field.name]) })), `Sums of the ${plural(preview.valid_rows, "row")} that can be imported, to compare with your report.`)}
  </section>`;
}

/** What comes next, always in sight. @param {Job} job @param {any} acts */
function bar(job, acts) {
  const first = job.obstacle;
  const ready = job.preview.valid_rows;
  const next = {
    checking: html`<button type="button" class="button primary" disabled>Checking …</button>`,
    question: html`<button type="button" class="button primary" @click=${() => acts.focusOn("ask")}>Answer the question</button>`,
    column: html`<button type="button" class="button primary" @click=${() => acts.focusOn("ask")}>Name the missing column</button>`,
    rows: html`<button type="button" class="button primary" @click=${() => acts.focusOn("attention")}>${ready || job.preview.invalid_rows ? "See what needs attention" : "Nothing to import"}</button>`,
  };
  return html`<div class="bar">
    ${job.rechecking
      ? busy(job.rowsSeen ? `Checking again: ${count(job.rowsSeen)} rows so far` : "Checking every row again …")
      : html`<p class="bar-text">${first ? toDo(job.preview) : `${plural(ready, "row")} ready. Nothing is imported yet.`}</p>`}
    <span class="actions">
      <button type="button" class="button" @click=${acts.ondiscard}>Discard</button>
      ${first ? next[first] : html`<button type="button" class="button primary" @click=${() => job.choose(true)}>Continue</button>`}
    </span>
  </div>`;
}

/** What is between this file and its import. @param {any} preview */
function toDo(preview) {
  const open = openQuestions(preview);
  if (open) return `${plural(open, "question")} to answer first.`;
  if (!preview.total_rows) return "Choose a file that has rows.";
  return `Correct ${plural(preview.invalid_rows, "row")} or leave ${preview.invalid_rows === 1 ? "it" : "them"} out, then go on.`;
}

/** @param {Job} job @param {any} acts */
function unreadable(job, acts) {
  return html`<section class="card" aria-labelledby="step">
    <h2 id="step" tabindex="-1" class="filename-title">${job.filename}</h2>
    ${trouble(job.problem)} ${fileErrors(job.preview)} ${layout(job)}
    <p class="actions"><button type="button" class="button primary" @click=${acts.onaway}>Choose another file</button></p>
  </section>`;
}
