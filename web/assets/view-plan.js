/** Where the rows go, and what happens to those that are there already; with the figures of a dry run. */

import { html, nothing } from "./lit-html-3.3.3.js";
import { count, plural } from "./format.js";
import { advance, busy, icon, note, trouble } from "./parts.js";
import { writable } from "./job.js";
import { sums } from "./view-review.js";
import { warned } from "./words.js";

/** @typedef {import("./job.js").Job} Job */

const FEW = 4;

/** @param {Job} job @param {any[]} fields */
export function plan(job, fields) {
  const { accounts, problem } = job;
  return html`<section aria-labelledby="step">
    <h2 id="step" tabindex="-1">Import ${plural(job.preview.valid_rows, "row")}</h2>
    <p class="verdict">From ${job.filename}. All rows are imported, or none.</p>
    ${trouble(problem, accounts ? null : () => job.loadAccounts())}
    ${accounts ? where(job, accounts) : problem ? nothing : html`<div class="block">${busy("Looking up your accounts …")}</div>`}
    ${sums(job.preview, fields)}
    ${bar(job)}
  </section>`;
}

/** @param {Job} job @param {any[]} accounts */
function where(job, accounts) {
  const mine = accounts.filter(writable);
  if (!mine.length) {
    return note(
      "bad",
      accounts.length ? "You may look at these accounts, but not import into them" : "You have no account to import into",
      "Ask an owner of the account to make you a member. This import waits here under its address; nothing is lost.",
    );
  }
  const { plan } = job;
  const pick = (event) => job.forecast(event.target.value);
  return html`<fieldset class="block">
      <legend><h3>Into which account?</h3></legend>
      ${mine.length <= FEW
        ? html`<div class="choices">
            ${mine.map((account) => html`<label class="choice"><input type="radio" name="account" value=${account.account_id} .checked=${plan.accountId === account.account_id} @change=${pick} /><span>${account.name}</span></label>`)}
          </div>`
        : html`<select aria-label="Account" @change=${pick}>
            <option value="" disabled .selected=${!plan.accountId}>Choose an account</option>
            ${mine.map((account) => html`<option value=${account.account_id} .selected=${plan.accountId === account.account_id}>${account.name}</option>`)}
          </select>`}
    </fieldset>
    ${plan.accountId ? forecast(job) : nothing}`;
}

/** @param {Job} job */
function forecast(job) {
  const { plan } = job;
  if (plan.problem) return trouble(plan.problem, () => job.forecast(/** @type {string} */ (plan.accountId)));
  if (plan.loading) return html`<div class="block">${busy("Trying it out without writing anything …")}</div>`;
  const warnings = (plan.counts.reject ?? plan.counts.skip)?.warnings ?? [];
  const notes = warnings.map((warning) => note("warn", "Please look at this", warned(warning)));
  if (!plan.existing) {
    return html`<div class="block">${notes}${note("good", `${plural(plan.counts.reject?.inserted ?? job.preview.valid_rows, "new row")}`, "None of them is in this account yet.")}</div>`;
  }
  const { skip, update } = plan.counts;
  const number = plan.existing.existing_count ?? skip?.skipped ?? 0;
  const option = (value, title, text) => html`<label class="choice"><input type="radio" name="existing" value=${value} .checked=${plan.choice === value} @change=${() => job.decide(value)} /><span>${title}<small>${text}</small></span></label>`;
  return html`<fieldset class="block">
    <legend><h3>${plural(number, "row")} ${number === 1 ? "is" : "are"} in this account already</h3></legend>
    ${notes}
    <div class="choices">
      ${option("skip", "Leave them as they are", skip?.inserted ? `${plural(skip.inserted, "new row")} imported, ${count(skip.skipped)} left alone.` : "Nothing is imported.")}
      ${option("update", "Overwrite them with this file", `${plural(update?.inserted ?? 0, "new row")} imported, ${count(update?.updated ?? 0)} overwritten. An undo brings the earlier values back.`)}
    </div>
  </fieldset>`;
}

/** @param {Job} job */
function bar(job) {
  const { plan } = job;
  const counts = plan.existing ? plan.counts[plan.choice ?? ""] : plan.counts.reject;
  const writes = counts ? (counts.inserted ?? 0) + (counts.updated ?? 0) : 0;
  const back = html`<button type="button" class="button" @click=${() => job.choose(false)}>${icon("back")}Back</button>`;
  if (!job.accounts?.some(writable)) return html`<p class="actions">${back}</p>`;
  const hint = !plan.accountId ? "Choose an account." : plan.loading ? "" : plan.existing && !plan.choice ? "Choose what happens to the rows that are there already." : "You can undo this for 24 hours.";
  return html`<div class="bar">
    <p class="bar-text">${hint.startsWith("You") ? icon("undo") : nothing}${hint}</p>
    <span class="actions">
      ${back}
      <button type="button" class="button primary" ?disabled=${!writes || plan.loading} @click=${() => job.commit()}>${counts && !writes ? "Nothing to import" : `Import ${writes ? plural(writes, "row") : ""}`}</button>
    </span>
  </div>`;
}

/** @param {Job} job */
export function committing(job) {
  const total = job.batch?.row_count ?? job.preview?.valid_rows ?? 0;
  return html`<section class="card progress" aria-labelledby="step">
    <h2 id="step" tabindex="-1">Importing ${total ? plural(total, "row") : ""}</h2>
    <p class="filename">${icon("sheet")}<span>${job.filename}</span></p>
    ${advance(job.batch?.progress, total)}
    <p class="quiet">All of them, or none. You may close this page: the import goes on, and this address shows the result.</p>
  </section>`;
}
