/** After the import: the result, the undo with the time left, and what an undo would do. */

import { html, nothing } from "./lit-html-3.3.3.js";
import { amount, count, plural, span, time, value } from "./format.js";
import { advance, busy, dial, figure, icon, ledger, note, trouble } from "./parts.js";
import { labelOf } from "./view-columns.js";
import { warned } from "./words.js";

/** @typedef {import("./job.js").Job} Job */

/**
 * @param {Job} job @param {any[]} fields
 * @param {{onaway: () => void, onmanifest: () => void, onopen: (batch: string) => void, account: string}} acts
 */
export function done(job, fields, acts) {
  const { batch } = job;
  if (job.undo) return undo(job, fields, acts);
  return html`<section aria-labelledby="step">
    ${batch.status === "rolled_back" ? takenBack(batch, acts) : imported(job, acts)}
    ${trouble(job.problem)}
    ${(batch.warnings ?? []).map((warning) => note("warn", "Please look at this", warned(warning)))}
    ${totals(batch, fields)} ${records(job, fields)} ${trail(job, acts)}
    <p class="actions"><button type="button" class="button" @click=${acts.onaway}>${icon("upload")}Import another file</button></p>
  </section>`;
}

/** @param {Job} job @param {{account: string}} acts */
function imported(job, { account }) {
  const { batch } = job;
  const left = Date.parse(batch.rollback_until) - job.api.now();
  const window = Date.parse(batch.rollback_until) - Date.parse(batch.committed_at);
  const open = batch.can_rollback && left > 0;
  return html`<div class="hero made">
    <div class="hero-text">
      <p class="hero-kicker">${icon("check")}Imported</p>
      <h2 id="step" tabindex="-1">${wrote(batch)}</h2>
      <p class="hero-file">${job.filename}${account ? html` <span>into ${account}</span>` : nothing}</p>
      <p class="hero-quiet">${time(batch.committed_at)}</p>
    </div>
    ${open
      ? html`<div class="hero-undo">
          ${dial(left, window)}
          <div>
            <button type="button" class="button undo" @click=${() => job.previewUndo()}>${icon("undo")}Undo this import</button>
            <p class="hero-quiet number">${span(left)} left</p>
          </div>
        </div>`
      : html`<p class="hero-closed">${icon("lock")}${batch.can_rollback === false && left > 0 ? "This import cannot be undone." : "The time to undo this import has passed."}</p>`}
  </div>`;
}

function wrote(batch) {
  const { inserted = 0, updated = 0, skipped = 0 } = batch;
  const parts = [
    inserted || !(updated || skipped) ? `${plural(inserted, "row")} added` : "",
    updated ? `${count(updated)} overwritten` : "",
    skipped ? `${count(skipped)} left as they were` : "",
  ];
  return parts.filter(Boolean).join(", ");
}

/** @param {any} batch @param {{account: string}} acts */
function takenBack(batch, { account }) {
  return html`<div class="hero back">
    <div class="hero-text">
      <p class="hero-kicker">${icon("undo")}Taken back</p>
      <h2 id="step" tabindex="-1">${reverted(batch)}</h2>
      <p class="hero-file">${batch.filename}${account ? html` <span>from ${account}</span>` : nothing}</p>
      <p class="hero-quiet">${batch.rolled_back_at ? time(batch.rolled_back_at) : nothing}</p>
    </div>
  </div>`;
}

function reverted(batch) {
  const { deleted = 0, restored = 0 } = batch;
  const { kept = 0 } = batch;
  return [`${plural(deleted, "row")} removed`, restored ? `${count(restored)} put back as before` : "", kept ? `${count(kept)} kept as edited` : ""].filter(Boolean).join(", ");
}

function totals(batch, fields) {
  const listed = fields.filter((field) => field.kind === "money" && batch.totals?.[field.name] !== undefined);
  if (!listed.length) return nothing;
  return html`<section class="block" aria-labelledby="sums">
    <h3 id="sums">Totals</h3>
    ${ledger(listed.map((field) => ({ label: field.label, text: amount(batch.totals[field.name]) })), batch.status === "committed" ? "Sums of this import, as counted in the database." : "Sums of what was imported and taken back.")}
  </section>`;
}

const FATES = { inserted: "Added", updated: "Overwritten" };
const STATES = { live: "", deleted: ", deleted since", undone: ", taken back", kept: ", kept" };

/** @param {Job} job @param {any[]} fields */
function records(job, fields) {
  const { records } = job;
  const open = (event) => event.target.open && !records && job.loadRecords();
  const shown = fields.slice(0, 5);
  return html`<details class="block" @toggle=${open}>
    <summary>The rows of this import</summary>
    ${!records ? nothing : html`
      ${trouble(records.problem, () => job.loadRecords())}
      ${records.items.length
        ? html`<div class="scroll" role="region" aria-label="The rows of this import" tabindex="0">
            <table class="rows">
              <thead><tr>${shown.map((field) => html`<th scope="col" class=${side(field)}>${field.label}</th>`)}<th scope="col">What happened</th></tr></thead>
              <tbody>
                ${records.items.map((item) => html`<tr>
                  ${shown.map((field) => html`<td class=${side(field)}>${value(item.data[field.name], field.kind)}</td>`)}
                  <td>${FATES[/** @type {keyof typeof FATES} */ (item.fate)]}${STATES[/** @type {keyof typeof STATES} */ (item.state)]}${item.edited ? html` <small>edited since</small>` : nothing}</td>
                </tr>`)}
              </tbody>
            </table>
          </div>`
        : nothing}
      ${records.loading ? busy("Reading the rows …") : nothing}
      ${records.cursor && !records.loading ? html`<p class="actions"><button type="button" class="button" @click=${() => job.loadRecords()}>Show more</button></p>` : nothing}
      ${!records.loading && !records.items.length && !records.problem ? html`<p class="quiet">No rows.</p>` : nothing}`}
  </details>`;
}

const ACTIONS = {
  created: "Begun",
  commit_accepted: "Import accepted",
  committed: "Imported",
  commit_refused: "Import refused",
  commit_failed: "Import failed, nothing written",
  rollback_accepted: "Undo accepted",
  rolled_back: "Taken back",
  rollback_refused: "Undo refused",
  rollback_failed: "Undo failed, nothing changed",
  rollback_disabled: "Undo given up",
  rollback_expired: "The time to undo ended",
};

/** What was done to it and when, and the paper for the accountant. @param {Job} job @param {{onmanifest: () => void}} acts */
function trail(job, { onmanifest }) {
  const open = (event) => event.target.open && job.loadTrail();
  return html`<details class="below-details" @toggle=${open}>
    <summary>What happened to it</summary>
    ${trouble(job.trail.problem, () => job.loadTrail())}
    ${job.trail.items
      ? html`<ul class="trail">${job.trail.items.map((event) => html`<li><time datetime=${event.happened_at}>${time(event.happened_at)}</time> ${ACTIONS[/** @type {keyof typeof ACTIONS} */ (event.action)] ?? event.action.replaceAll("_", " ")}</li>`)}</ul>`
      : job.trail.problem ? nothing : busy("Reading …")}
    <p class="actions"><button type="button" class="button" @click=${onmanifest}>${icon("down")}Download the record of this import</button></p>
  </details>`;
}

const side = (field) => (field.kind === "money" || field.kind === "count" ? "number" : "");

/** Before the undo: what would happen, what would be lost. @param {Job} job @param {any[]} fields @param {{onopen: (batch: string) => void}} acts */
function undo(job, fields, acts) {
  const state = /** @type {NonNullable<Job["undo"]>} */ (job.undo);
  const leave = html`<button type="button" class="button" @click=${() => job.leaveUndo()}>Keep the import</button>`;
  return html`<section class="card undo-card" aria-labelledby="step">
    <h2 id="step" tabindex="-1">Undo this import?</h2>
    <p class="filename">${icon("sheet")}<span>${job.filename}</span></p>
    ${trouble(job.problem)}
    ${state.loading ? busy("Looking at what an undo would do …") : nothing}
    ${state.problem?.code === "later_import" ? later(job, state.problem, acts) : trouble(state.problem, () => job.previewUndo())}
    ${state.forecast ? forecast(job, state, fields, leave) : html`<p class="actions">${leave}</p>`}
  </section>`;
}

/** Another import stands on this one. @param {Job} job @param {any} problem @param {{onopen: (batch: string) => void}} acts */
function later(job, problem, { onopen }) {
  const { batch_id: id, filename } = problem.body.later_import;
  return note(
    "warn",
    "A later import changed some of these rows",
    `“${filename}” changed ${plural(problem.body.later_records, "row")} of this import. Undo that one first, or leave those rows as they are now.`,
    html`<button type="button" class="button" @click=${() => onopen(id)}>Open “${filename}”</button>
      <button type="button" class="button" @click=${() => job.previewUndo(true)}>Leave those rows as they are</button>`,
  );
}

/** @param {Job} job @param {any} state @param {any[]} fields @param {any} leave */
function forecast(job, state, fields, leave) {
  const would = state.forecast.would_undo;
  const edited = would.lost;
  const option = (value, title, text) => html`<label class="choice"><input type="radio" name="edited" value=${value} .checked=${state.choice === value} @change=${() => job.decideUndo(value)} /><span>${title}<small>${text}</small></span></label>`;
  const kept = state.choice === "keep";
  const { deleted, restored, stay } = figures(would, kept);
  return html`<dl class="figures">
      ${figure(count(deleted), "will be removed: this import added them")}
      ${restored ? figure(count(restored), "will be put back as before: this import overwrote them") : nothing}
      ${stay ? figure(count(stay), "will stay as they are now", "warn") : nothing}
      ${edited && stay === would.kept ? figure(count(edited), "of these were edited since", "warn") : nothing}
    </dl>
    ${edited
      ? html`${lost(would, fields)}
          <fieldset>
            <legend><h3>What should happen to ${edited === 1 ? "the edited row" : "the edited rows"}?</h3></legend>
            <div class="choices">
              ${option("keep", edited === 1 ? "Keep it as it is now" : "Keep them as they are now", "Everything else of this import is undone.")}
              ${option("force", edited === 1 ? "Undo it too" : "Undo them too", edited === 1 ? "The edit is lost for good." : `The edits of these ${count(edited)} rows are lost for good.`)}
            </div>
          </fieldset>`
      : html`<p>${would.kept ? "All other rows will be as they were before the import." : "Everything will be as it was before the import. No row was edited since, so nothing is lost."}</p>`}
    <p class="actions">
      <button type="button" class="button ${state.choice === "force" ? "danger" : "undo"}" ?disabled=${edited > 0 && !state.choice} @click=${() => job.takeBack()}>
        ${icon("undo")}${kept ? "Undo all but these rows" : !edited ? "Undo this import" : state.choice ? "Undo, and lose the edits" : "Undo this import"}
      </button>
      ${leave}
    </p>`;
}

/** The figures follow the choice, where the list of edited rows is whole. @param {any} would @param {boolean} kept */
function figures(would, kept) {
  const spared = kept ? would.records.filter((record) => record.edited) : [];
  if (spared.length !== would.lost) return { deleted: would.deleted, restored: would.restored, stay: would.kept };
  const of = (action) => spared.filter((record) => record.action === action).length;
  return { deleted: would.deleted - of("delete"), restored: would.restored - of("restore"), stay: would.kept + of("delete") + of("restore") };
}

/** The edits that an undo would lose, value by value. @param {any} would @param {any[]} fields */
function lost(would, fields) {
  const edits = would.records
    .filter((record) => record.edited)
    .flatMap((record) => record.columns.filter((cell) => !same(cell.now, cell.imported)).map((cell) => ({ ...cell, identity: record.identity })));
  if (!edits.length) return nothing;
  const show = (cell, text) => value(text, fields.find((field) => field.name === cell.field)?.kind) || "empty";
  return html`<div class="scroll" role="region" aria-label="Edits since the import" tabindex="0">
    <table class="rows">
      <thead><tr><th scope="col">Row</th><th scope="col">Now</th><th scope="col">As imported</th><th scope="col">Before the import</th></tr></thead>
      <tbody>
        ${edits.map((cell) => html`<tr><th scope="row" class="name">${cell.identity}<small>${labelOf(fields, cell.field)}</small></th><td><b>${show(cell, cell.now)}</b></td><td><span>${show(cell, cell.imported)}</span></td><td><span>${cell.before === null ? "no such row" : show(cell, cell.before)}</span></td></tr>`)}
      </tbody>
    </table>
  </div>`;
}

const same = (one, two) => JSON.stringify(one) === JSON.stringify(two);

/** @param {Job} job */
export function undoing(job) {
  const { progress, row_count: total } = job.batch ?? {};
  return html`<section class="card progress" aria-labelledby="step">
    <h2 id="step" tabindex="-1">Taking it back</h2>
    <p class="filename">${icon("sheet")}<span>${job.filename}</span></p>
    ${advance(progress, total)}
    <p class="quiet">All of it, or nothing. You may close this page: the undo goes on.</p>
  </section>`;
}
