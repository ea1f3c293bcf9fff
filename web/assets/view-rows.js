/** Rows as they were written and as they were understood; those with problems first. */

import { html, nothing } from "./lit-html-3.3.3.js";
import { count, plural, value } from "./format.js";
import { labelOf } from "./view-columns.js";
import { icon, note } from "./parts.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./view-columns.js").Field} Field */
/** @typedef {{number: number, data: Record<string, any> | null, raw: Record<string, string>, valid: boolean, errors: any[]}} Row */

const PAGE = 50;
const ALL = "all";
const BAD = "bad";
const GOOD = "good";

/** @type {WeakMap<object, {rows: Row[], byNumber: Map<number, Row>}>} */
const prepared = new WeakMap();

/** The rows of a preview, and those that only the list of errors knows; problems first. @param {any} preview */
function rowsOf(preview) {
  const known = prepared.get(preview);
  if (known) return known;
  const byNumber = new Map();
  for (const row of preview.rows) byNumber.set(row.row_number, { number: row.row_number, data: row.data, raw: row.raw, valid: row.is_valid, errors: row.errors });
  for (const error of preview.errors) {
    if (error.row === null) continue;
    let row = byNumber.get(error.row);
    if (!row) byNumber.set(error.row, (row = { number: error.row, data: null, raw: {}, valid: false, errors: [] }));
    if (row.data) continue;
    row.errors.push(error);
    if (error.header) row.raw[error.header] = error.value ?? "";
  }
  const rows = [...byNumber.values()].sort((one, two) => Number(one.valid) - Number(two.valid) || one.number - two.number);
  const answer = { rows, byNumber };
  prepared.set(preview, answer);
  return answer;
}

const kindOf = (error) => `${error.field ?? ""}|${error.code}`;

/** @param {Job} job @param {Field[]} fields @param {{ondownload: () => void, corrected: any}} acts */
export function rows(job, fields, { ondownload, corrected }) {
  const { preview, view } = job;
  const { rows: all } = rowsOf(preview);
  const filter = view.filter ?? ALL;
  const chosen = all.filter((row) => passes(row, filter));
  const limit = view.shown ?? PAGE;
  const update = (change) => (Object.assign(view, change), job.dispatchEvent(new Event("change")));
  const used = fields.filter((field) => Object.values(preview.column_mapping).includes(field.name));
  return html`<section class="block" aria-labelledby="rows" id="attention" tabindex="-1">
    <h3 id="rows">Rows</h3>
    ${bad(job, ondownload, corrected)} ${excluded(job)}
    <div class="row-tools">
      ${filters(preview, filter, (next) => update({ filter: next, shown: PAGE }))} ${jump(job, update)}
    </div>
    <p class="quiet" role="status">${told(preview, all, chosen, limit)}</p>
    <div class="scroll" role="region" aria-label="Table of the rows" tabindex="0" aria-busy=${job.rechecking}>
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">Row</th>
            ${used.map((field) => html`<th scope="col" class=${numeric(field) ? "number" : ""}>${field.label}</th>`)}
            <th scope="col"><span class="hidden">Leave out</span></th>
          </tr>
        </thead>
        <tbody>
          ${chosen.slice(0, limit).map((row) => line(job, used, fields, row))}
        </tbody>
      </table>
      ${chosen.length ? nothing : html`<p class="quiet pad">No row to show here.</p>`}
    </div>
    ${chosen.length > limit
      ? html`<p class="actions"><button type="button" class="button" @click=${() => update({ shown: limit + PAGE })}>Show ${count(Math.min(PAGE, chosen.length - limit))} more</button></p>`
      : nothing}
  </section>`;
}

/** What to do about rows that cannot be imported. */
function bad(job, ondownload, corrected) {
  const { preview } = job;
  if (!preview.invalid_rows) return nothing;
  const numbers = [...new Set(preview.errors.filter((error) => error.row !== null).map((error) => error.row))];
  const leave = () => job.revise({ options: { exclude_rows: merged(job.options.exclude_rows, numbers) } });
  const all = numbers.length >= preview.invalid_rows;
  return html`<div class="note warn">
    ${icon("alert")}
    <div>
      <p class="note-title">${plural(preview.invalid_rows, "row")} cannot be imported as ${preview.invalid_rows === 1 ? "it is" : "they are"}</p>
      <p>Correct them in your spreadsheet and upload it again, or leave them out. All rows are imported, or none.</p>
      <div class="actions">
        <button type="button" class="button" @click=${ondownload}>${icon("down")}Download these rows with the reasons</button>
        <button type="button" class="button" @click=${leave}>${all ? `Leave ${preview.invalid_rows === 1 ? "it" : `all ${count(preview.invalid_rows)}`} out` : `Leave the first ${count(numbers.length)} out`}</button>
      </div>
      ${corrected}
    </div>
  </div>`;
}

/** Rows that the person left out, and the way back. @param {Job} job */
function excluded(job) {
  const numbers = job.options.exclude_rows ?? [];
  if (!numbers.length) return nothing;
  const keep = (gone) => job.revise({ options: { exclude_rows: numbers.filter((number) => !gone.includes(number)) } });
  return html`<div class="left-out">
    <span>${plural(numbers.length, "row")} left out by you:</span>
    ${numbers.slice(0, 12).map(
      (number) => html`<button type="button" class="chip" @click=${() => keep([number])} aria-label="Put row ${number} back">${count(number)} ${icon("undo")}</button>`,
    )}
    ${numbers.length > 12 ? html`<span>and ${count(numbers.length - 12)} more</span>` : nothing}
    ${numbers.length > 1 ? html`<button type="button" class="link" @click=${() => keep(numbers)}>Put all back</button>` : nothing}
  </div>`;
}

function filters(preview, filter, choose) {
  const kinds = [...preview.error_summary].sort((one, two) => two.count - one.count);
  const chip = (key, text, number) =>
    html`<button type="button" class="chip" aria-pressed=${filter === key} @click=${() => choose(key)}>${text} <span class="chip-count">${count(number)}</span></button>`;
  const pick = (event) => choose(event.target.value || BAD);
  if (!preview.invalid_rows) return html`<span></span>`;
  return html`<div class="filters" role="group" aria-label="Which rows to show">
    ${chip(ALL, "All", preview.total_rows)}
    ${chip(BAD, "Need attention", preview.invalid_rows)} ${chip(GOOD, "Fine", preview.valid_rows)}
    ${kinds.length > 1
      ? html`<select aria-label="Kind of problem" @change=${pick}>
          <option value="" .selected=${!filter.includes("|")}>Any problem</option>
          ${kinds.map((kind) => html`<option value=${kindOf(kind)} .selected=${filter === kindOf(kind)}>${count(kind.count)} × ${kind.message}</option>`)}
        </select>`
      : nothing}
  </div>`;
}

function jump(job, update) {
  const go = (event) => {
    event.preventDefault();
    const number = Number(new FormData(event.target).get("row"));
    if (!number) return;
    const at = rowsOf(job.preview).rows.findIndex((row) => row.number === number);
    if (at < 0) return update({ missed: number });
    update({ missed: null, filter: ALL, shown: Math.max(job.view.shown ?? PAGE, Math.ceil((at + 1) / PAGE) * PAGE), goTo: number });
  };
  return html`<form class="jump" @submit=${go}>
    <label>Go to row <input name="row" type="number" min="1" inputmode="numeric" required /></label>
    <button class="button">Go</button>
    <span role="status">${job.view.missed ? `Row ${job.view.missed} is not listed here.` : nothing}</span>
  </form>`;
}

function told(preview, all, chosen, limit) {
  const shown = Math.min(chosen.length, limit);
  const listed = all.filter((row) => !row.valid).length;
  const more = preview.invalid_rows > listed ? ` The first ${count(listed)} of ${count(preview.invalid_rows)} rows with problems are listed; the download has all.` : "";
  return `Showing ${plural(shown, "row")} of ${count(preview.total_rows)}${preview.invalid_rows ? ", problems first" : ""}. Small print is the text as written in the file.${more}`;
}

const passes = (row, filter) =>
  filter === ALL || (filter === BAD && !row.valid) || (filter === GOOD && row.valid) || row.errors.some((error) => kindOf(error) === filter);

/** @param {Job} job @param {Field[]} used @param {Field[]} fields @param {Row} row */
function line(job, used, fields, row) {
  const out = () => job.revise({ options: { exclude_rows: merged(job.options.exclude_rows, [row.number]) } });
  return html`<tr class=${row.valid ? "" : "bad"} data-row=${row.number} tabindex="-1">
      <th scope="row">${count(row.number)}</th>
      ${used.map((field) => cell(job, field, row))}
      <td class="row-act">
        <button type="button" class="icon-button" @click=${out} aria-label="Leave row ${row.number} out" title="Leave this row out">${icon("cross")}</button>
      </td>
    </tr>
    ${row.errors.length
      ? html`<tr class="why">
          <td colspan=${used.length + 2}>
            <ul>
              ${row.errors.map((error) => html`<li>${named(fields, error)}${error.message}</li>`)}
            </ul>
          </td>
        </tr>`
      : nothing}`;
}

/** Whose cell is wrong, unless the message begins with it. @param {Field[]} fields @param {any} error */
function named(fields, error) {
  const name = error.field ? labelOf(fields, error.field) : error.header;
  return !name || error.message.startsWith(name) ? nothing : html`<b>${name}</b> `;
}

/** @param {Job} job @param {Field} field @param {Row} row */
function cell(job, field, row) {
  const header = Object.keys(job.preview.column_mapping).find((name) => job.preview.column_mapping[name] === field.name) ?? "";
  const raw = row.raw[header] ?? "";
  const wrong = row.errors.some((error) => error.field === field.name);
  const side = numeric(field) ? "number" : "";
  if (wrong) return html`<td class="${side} wrong"><span>${raw === "" ? "empty" : raw}</span></td>`;
  if (!row.data) return html`<td class="${side} unseen">·</td>`;
  const text = value(row.data[field.name], field.kind);
  const same = raw.trim() === text || raw.trim() === String(row.data[field.name] ?? "");
  return html`<td class="${side} kind-${field.kind}">
    <span>${text}</span>${same || raw === "" ? nothing : html`<small>${raw}</small>`}
  </td>`;
}

const numeric = (field) => field.kind === "money" || field.kind === "count";

/** @param {number[] | undefined} before @param {number[]} more */
const merged = (before, more) => [...new Set([...(before ?? []), ...more])].sort((one, two) => one - two);

/** Errors of the file as a whole. @param {any} preview */
export function fileErrors(preview) {
  return preview.errors.filter((error) => error.row === null).map((error) => note("bad", preview.state === "unreadable" ? "This file cannot be read" : error.header ?? "Something is wrong with this file", error.message));
}
