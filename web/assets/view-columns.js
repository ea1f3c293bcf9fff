/** Which column is what: questions that only a person can answer, then every column with its reason. */

import { html, nothing } from "./lit-html-3.3.3.js";
import { count, plural, share } from "./format.js";
import { icon } from "./parts.js";
import { QUESTIONS, openQuestions } from "./words.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {{name: string, label: string, kind: string, required: boolean}} Field */

const MANY = 12;

/** What must be answered before anything can be imported. @param {Job} job @param {Field[]} fields */
export function questions(job, fields) {
  const open = job.preview.decisions.filter((decision) => decision.needs_answer);
  const missing = job.preview.unmapped_required;
  if (!open.length && !missing.length) return nothing;
  const asked = new Set();
  return html`<section class="block" aria-labelledby="questions" id="ask" tabindex="-1">
    <h3 id="questions">${plural(openQuestions(job.preview), "question")} for you</h3>
    ${missing.map((name) => whichColumn(job, fields, name))}
    ${open.map((decision) => {
      if (asked.has(decision.kind)) return nothing;
      asked.add(decision.kind);
      return howRead(job, decision, open.filter((other) => other.kind === decision.kind));
    })}
  </section>`;
}

/** @param {Job} job @param {Field[]} fields @param {string} name */
function whichColumn(job, fields, name) {
  const label = labelOf(fields, name);
  const answer = (event) => event.target.value && job.revise({ mapping: moved(job.mapping, event.target.value, name) });
  const chosen = Object.keys(job.mapping).find((header) => job.mapping[header] === name);
  const free = job.preview.columns.filter((column) => !job.mapping[column.header] || column.header === chosen);
  return html`<div class="question">
    ${icon("alert")}
    <div>
      <label class="question-text" for="missing-${name}">Which column holds the ${lower(label)}?</label>
      <p>No column of this file looks like it, and no row can be imported without it.</p>
      <select id="missing-${name}" @change=${answer}>
        <option value="" .selected=${!chosen}>Choose a column</option>
        ${free.map((column) => html`<option value=${column.header} .selected=${column.header === chosen}>${column.header}${peek(column)}</option>`)}
      </select>
    </div>
  </div>`;
}

/** @param {Job} job @param {any} decision @param {any[]} alike */
function howRead(job, decision, alike) {
  const question = QUESTIONS[/** @type {keyof typeof QUESTIONS} */ (decision.kind)];
  const headers = alike.map((other) => other.header).join("”, “");
  if (!question) {
    return html`<div class="question">${icon("alert")}<div><p class="question-text">${decision.header}: ${decision.kind.replaceAll("_", " ")}</p><p>${decision.evidence}</p></div></div>`;
  }
  const samples = job.preview.columns.find((column) => column.header === decision.header)?.samples ?? [];
  const pick = (value) => job.revise({ options: { [question.option]: value } });
  const disproved = job.preview.disproofs.filter((proof) => proof.option === question.option).map((proof) => proof.value);
  const open = Object.keys(question.answers).filter((value) => !disproved.includes(value));
  return html`<fieldset class="question">
    ${icon("alert")}
    <div>
      <legend class="question-text">${question.ask(headers)}</legend>
      <p>${decision.evidence}</p>
      <div class="choices">
        ${Object.entries(question.answers).map(([value, text]) => {
          if (open.length && !open.includes(value)) return nothing;
          return html`<label class="choice">
            <input type="radio" name="ask-${decision.kind}" value=${value} .checked=${job.options[question.option] === value} @change=${() => pick(value)} />
            <span>${text}${example(decision.kind, value, samples)}</span>
          </label>`;
        })}
      </div>
    </div>
  </fieldset>`;
}

/** How the file's own dates would read. @param {string} kind @param {string} order @param {string[]} samples */
function example(kind, order, samples) {
  if (kind !== "date_order") return nothing;
  for (const sample of samples) {
    const parts = /^\s*(\d{1,4})[/.\-\s](\d{1,2})[/.\-\s](\d{1,4})/.exec(sample);
    if (!parts) continue;
    const [a, b, c] = parts.slice(1).map(Number);
    const [year, month, day] = order === "MDY" ? [c, a, b] : order === "DMY" ? [c, b, a] : [a, b, c];
    if (month < 1 || month > 12 || day < 1 || day > 31 || a === b) continue;
    const written = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long" }).format(new Date(year < 100 ? 2000 + year : year, month - 1, day));
    return html`<small>${sample} is ${written}</small>`;
  }
  return nothing;
}

/** Every column, those that are imported first. @param {Job} job @param {Field[]} fields */
export function columns(job, fields) {
  const { used, others } = grouped(job, fields);
  const imported = Object.values(job.mapping).filter(Boolean).length;
  const find = (job.view.findColumn ?? "").toLowerCase();
  const shown = others.filter((column) => column.header.toLowerCase().includes(find));
  const search = (event) => {
    job.view.findColumn = event.target.value;
    job.dispatchEvent(new Event("change"));
  };
  return html`<section class="block" aria-labelledby="columns">
    <h3 id="columns">Columns</h3>
    <p class="quiet">${plural(imported, "column")} imported, ${count(job.preview.columns.length - imported)} left out. Change what a column is, and every row is checked again.</p>
    <ul class="columns">${used.map((column) => columnRow(job, fields, column))}</ul>
    ${others.length
      ? html`<details ?open=${!used.length}>
          <summary>${plural(others.length, used.length ? "other column" : "column")}</summary>
          ${others.length > MANY
            ? html`<label class="field">Find a column <input type="search" .value=${job.view.findColumn ?? ""} @input=${search} /></label>`
            : nothing}
          <ul class="columns">${shown.map((column) => columnRow(job, fields, column))}</ul>
          ${shown.length ? nothing : html`<p class="quiet">No column is called that.</p>`}
        </details>`
      : nothing}
  </section>`;
}

/** The order of the columns holds while a person works on them: nothing jumps away under the hand. @param {Job} job @param {Field[]} fields */
function grouped(job, fields) {
  const { columns } = job.preview;
  const shape = JSON.stringify(columns.map((column) => column.header)) + fields.length;
  if (job.view.shape !== shape) {
    const rank = (column) => fields.findIndex((field) => field.name === column.field);
    const used = columns.filter((column) => column.field).sort((one, two) => rank(one) - rank(two));
    Object.assign(job.view, { shape, first: used.map((column) => column.header) });
  }
  const byHeader = new Map(columns.map((column) => [column.header, column]));
  const first = new Set(job.view.first);
  return { used: job.view.first.map((header) => byHeader.get(header)), others: columns.filter((column) => !first.has(column.header)) };
}

/** @param {Job} job @param {Field[]} fields @param {any} column */
function columnRow(job, fields, column) {
  const field = job.mapping[column.header] ?? "";
  const choose = (event) => job.revise({ mapping: moved(job.mapping, column.header, event.target.value || null) });
  const suggestion = column.suggested_field && column.suggested_field !== field ? column.suggested_field : null;
  const accept = () => job.revise({ mapping: moved(job.mapping, column.header, suggestion) });
  const holder = (name) => Object.keys(job.mapping).find((header) => job.mapping[header] === name && header !== column.header);
  return html`<li class="column ${field ? "" : "unused"}">
    <div class="column-file">
      <span class="column-name">${column.header}</span>
      <span class="samples">${column.samples.filter((sample) => sample !== "").slice(0, 3).map((sample) => html`<span class="sample">${sample}</span>`)}</span>
    </div>
    <span class="arrow" aria-hidden="true">→</span>
    <div class="column-field">
      <select aria-label="What “${column.header}” is" @change=${choose}>
        <option value="" .selected=${!field}>Left out</option>
        ${fields.map((each) => {
          const taken = holder(each.name);
          return html`<option value=${each.name} .selected=${each.name === field}>${each.label}${each.required ? " *" : ""}${taken ? ` (now “${taken}”)` : ""}</option>`;
        })}
      </select>
      <span class="reason">${reasonOf(column, field)}</span>
      ${suggestion ? html`<button type="button" class="link" @click=${accept}>Use as ${labelOf(fields, suggestion)}</button>` : nothing}
    </div>
  </li>`;
}

function reasonOf(column, field) {
  if (field && field !== column.suggested_field) return "Chosen by you";
  const alike = field && column.score !== null && column.score < 1 ? ` (${share(column.score)} alike)` : "";
  return `${column.reason.charAt(0).toUpperCase()}${column.reason.slice(1)}${alike}`;
}

/**
 * The mapping with a field moved to a header; a field has one column, so its former column is left out.
 * @param {Record<string, string | null>} mapping @param {string} header @param {string | null} field
 */
export function moved(mapping, header, field) {
  const next = { ...mapping };
  for (const other of Object.keys(next)) if (field && next[other] === field) next[other] = null;
  next[header] = field;
  return next;
}

/** @param {Field[]} fields @param {string} name */
export const labelOf = (fields, name) => fields.find((field) => field.name === name)?.label ?? name;

const lower = (text) => text.charAt(0).toLowerCase() + text.slice(1);
const peek = (column) => {
  const sample = column.samples.find((text) => text !== "");
  return sample ? `: ${sample.slice(0, 40)}` : "";
};
