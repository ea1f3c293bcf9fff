/** Before and during the upload: choose files, watch them go. */

import { html, nothing } from "./lit-html-3.3.3.js";
import { count, size, span } from "./format.js";
import { busy, icon, note, trouble } from "./parts.js";

/** What the file dialogue offers; the content decides, so dropping anything else is not refused here. */
export const ACCEPT = ".csv,.tsv,.txt,.xlsx,.xlsm,.xls,.ods,.json,.ndjson,.jsonl";

/**
 * @param {{onfiles: (files: File[]) => void, ontemplate: (kind: "csv" | "xlsx") => void, over: boolean, ondrag: (over: boolean) => void, small?: boolean}} start
 */
export function chooser({ onfiles, ontemplate, over, ondrag, small }) {
  const drop = (event) => {
    event.preventDefault();
    ondrag(false);
    onfiles([...event.dataTransfer.files]);
  };
  const drag = (event) => {
    event.preventDefault();
    if (!over) ondrag(true);
  };
  const picked = (event) => {
    onfiles([...event.target.files]);
    event.target.value = "";
  };
  return html`<div class="drop ${over ? "over" : ""} ${small ? "small" : ""}" @drop=${drop} @dragover=${drag} @dragleave=${() => ondrag(false)}>
      ${small ? nothing : icon("upload")}
      <p class="drop-title">${small ? "Drop the corrected file here, or choose it" : "Drop your spreadsheets here"}</p>
      <label class="button ${small ? "" : "primary"}">
        ${small ? "Choose the corrected file" : "Choose files"}
        <input class="hidden" type="file" multiple accept=${ACCEPT} @change=${picked} />
      </label>
      ${small
        ? nothing
        : html`<p class="quiet">CSV, Excel, OpenDocument or JSON. Nothing is imported before you have seen every row.</p>`}
    </div>
    ${small
      ? nothing
      : html`<p class="quiet below">
          No file at hand? Take a blank sheet:
          <span class="together"><button type="button" class="link" @click=${() => ontemplate("csv")}>CSV</button> · <button type="button" class="link" @click=${() => ontemplate("xlsx")}>Excel</button></span>
        </p>`}`;
}

/** @param {import("./job.js").Job} job */
export const queued = (job) => html`<section class="card" aria-labelledby="step">
  <h2 id="step" tabindex="-1">Waiting for its turn</h2>
  ${filename(job)}
  <p class="quiet">Two files are uploaded at a time.</p>
</section>`;

/** @param {import("./job.js").Job} job */
export function sending(job) {
  const done = job.total > 0 && job.sent >= job.total;
  const spent = Date.now() - job.started;
  const left = job.sent > 0 && spent > 1500 ? (spent / job.sent) * (job.total - job.sent) : null;
  return html`<section class="card progress" aria-labelledby="step">
    <h2 id="step" tabindex="-1">Uploading</h2>
    ${filename(job)}
    <progress aria-labelledby="step" max=${job.total || 1} .value=${job.sent}></progress>
    <p class="spread">
      <span class="number">${size(job.sent)} of ${size(job.total)}</span>
      <span class="quiet">${done ? "Almost there" : left === null ? nothing : `about ${span(left)} left`}</span>
    </p>
    <p class="actions"><button type="button" class="button" @click=${() => job.cancel()}>Cancel</button></p>
  </section>`;
}

/** @param {import("./job.js").Job} job @param {() => void} onaway */
export function stopped(job, onaway) {
  const again = () => job.start();
  return html`<section class="card progress" aria-labelledby="step">
    <h2 id="step" tabindex="-1">${job.problem ? "The upload stopped" : "Upload cancelled"}</h2>
    ${filename(job)}
    ${job.problem
      ? trouble(job.problem)
      : html`<p>Nothing was imported, and nothing is kept of this file.</p>`}
    <p class="actions">
      <button type="button" class="button primary" @click=${again}>Upload it again</button>
      <button type="button" class="button" @click=${onaway}>Choose another file</button>
    </p>
  </section>`;
}

/** @param {import("./job.js").Job} job @param {() => void} onaway */
export function checking(job, onaway) {
  const text = job.rowsSeen ? `${count(job.rowsSeen)} rows read so far` : "Reading the file";
  return html`<section class="card progress" aria-labelledby="step">
    <h2 id="step" tabindex="-1">Checking every row</h2>
    ${filename(job)}
    <progress aria-labelledby="step"></progress>
    <p class="number">${text}</p>
    ${job.slow
      ? note("plain", "This takes longer than usual", "You can wait, come back to this address later, or upload the file again.", html`<button type="button" class="button" @click=${onaway}>Choose a file again</button>`)
      : nothing}
  </section>`;
}

/** @param {import("./job.js").Job} job @param {() => void} onaway */
export function waiting(job, onaway) {
  return html`<section class="card progress" aria-labelledby="step">
    <h2 id="step" tabindex="-1">Waiting for the file</h2>
    <p>The file of this import has not arrived. If it is still on its way from another window, this page goes on by itself.</p>
    <p>If the upload was interrupted, choose the file again: nothing was imported.</p>
    <p class="actions"><button type="button" class="button primary" @click=${onaway}>Choose the file again</button></p>
  </section>`;
}

export const finding = () => html`<section class="card" aria-labelledby="step"><h2 id="step" tabindex="-1" class="hidden">Opening the import</h2>${busy("Opening the import …")}</section>`;

/** @param {() => void} onaway */
export function gone(onaway) {
  return html`<section class="card empty" aria-labelledby="step">
    <h2 id="step" tabindex="-1">There is no such import</h2>
    <p>It may have been discarded, it may belong to somebody else, or its file was deleted because it was never imported.</p>
    <p class="actions"><button type="button" class="button primary" @click=${onaway}>Choose a file</button></p>
  </section>`;
}

/** @param {import("./job.js").Job} job @param {() => void} onaway */
export function failed(job, onaway) {
  return html`<section class="card empty" aria-labelledby="step">
    <h2 id="step" tabindex="-1">This import could not be opened</h2>
    ${trouble(job.problem, () => job.find(new URLSearchParams(job.place)))}
    <p class="actions"><button type="button" class="button" @click=${onaway}>Choose a file</button></p>
  </section>`;
}

/** @param {import("./job.js").Job} job */
const filename = (job) => html`<p class="filename">${icon("sheet")}<span>${job.filename}</span></p>`;
