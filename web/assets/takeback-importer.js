/**
 * `<takeback-importer>`: drop a spreadsheet, see how every row is read, import it, take it back.
 *
 * Attributes `api` (where the API is; the page's own origin when left out), `token` (a bearer token), `theme`
 * ("light", "dark"; the system's when left out). Properties `getToken` (a callback instead of `token`) and `place`
 * (what an address should hold to find this place again). Events: takeback:ready, takeback:committed,
 * takeback:rolledback, takeback:error, takeback:navigate. Loading this module also defines `<takeback-history>`.
 */

import { html, nothing, render } from "./lit-html-3.3.3.js";
import { Api, Problem } from "./api.js";
import { Job } from "./job.js";
import { icon, note, trouble } from "./parts.js";
import sheet from "./styles.js";
import { done, undoing } from "./view-done.js";
import { committing, plan } from "./view-plan.js";
import { review } from "./view-review.js";
import * as start from "./view-start.js";
import { verdict } from "./words.js";
import { TakebackHistory } from "./takeback-history.js";

const AT_ONCE = 2;
const UNEXPECTED = new Problem({ status: 0, code: "page_error", detail: "This page met something it did not expect. Reload it: your place is kept." });
const STEPS = ["Upload", "Check", "Import", "Undo"];
const STEP_OF = { finding: -1, queued: 0, sending: 0, stopped: 0, waiting: 0, checking: 1, review: 1, plan: 2, committing: 2, done: 3, undoing: 3, gone: -1, failed: -1 };
const SAID = {
  sending: "Uploading",
  stopped: "The upload stopped",
  checking: "Checking every row",
  plan: "Choose where the rows go",
  committing: "Importing",
  undoing: "Taking the import back",
};

export class TakebackImporter extends HTMLElement {
  static observedAttributes = ["api", "token"];

  /** @type {Job[]} */ #jobs = [];
  /** @type {Job | null} */ #job = null;
  #api = new Api();
  #root = this.attachShadow({ mode: "open" });
  #drawing = false;
  #over = false;
  #shown = "";
  #said = "";
  #clock = 0;
  #told = "";
  /** @type {import("./api.js").TokenSource | null} */ #getToken = null;
  /** @type {Record<string, any[]>} fields by record type */ #types = {};
  /** @type {any[] | null} */ #accounts = null;
  /** @type {{problem: Problem, again: () => unknown} | null} what went wrong beside any file */ #wrong = null;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
    this.#api.addEventListener("notice", () => this.#draw());
  }

  connectedCallback() {
    this.#restore();
    this.#clock = window.setInterval(() => this.#tick(), 1000);
    document.addEventListener("visibilitychange", this.#looked);
    this.#draw();
  }

  disconnectedCallback() {
    clearInterval(this.#clock);
    document.removeEventListener("visibilitychange", this.#looked);
    for (const job of this.#jobs) job.close();
  }

  attributeChangedCallback(name, _before, value) {
    if (name === "api") this.#api.base = value ?? "";
    else this.#api.token = value;
  }

  get api() {
    return this.getAttribute("api") ?? "";
  }
  set api(address) {
    this.setAttribute("api", address);
  }
  get token() {
    return this.getAttribute("token");
  }
  /** Kept off the attribute, so that a token set by script does not show in the document. */
  set token(token) {
    this.#api.token = token;
  }
  /** Called whenever a token is needed: `({expired, interactive}) => token`, null when there is none. */
  get getToken() {
    return this.#getToken;
  }
  set getToken(source) {
    this.#getToken = source;
    this.#api.source = source;
  }

  /** What the address should hold, to find this place again; "" at the start. */
  get place() {
    return this.#job?.place ?? "";
  }
  set place(place) {
    this.#told = place;
    if (place === this.place) return;
    const parts = new URLSearchParams(place);
    const batch = parts.get("batch");
    const known = batch ? this.#jobs.find((job) => job.batchId === batch) : null;
    if (known && known === this.#job) void known.go(parts);
    else {
      const job = batch ? (known ?? this.#adopt(Job.at(this.#api, parts))) : null;
      if (job?.phase === "asleep") void job.find(parts);
      this.#show(job, false);
    }
  }

  /** Start with these files, as if they had been dropped. @param {File[]} files */
  add(files) {
    const jobs = files.map((file) => this.#adopt(Job.of(this.#api, file)));
    if (jobs.length) this.#show(jobs[0]);
    this.#pump();
  }

  // --- jobs ---------------------------------------------------------------------------------------------------------

  /** @param {Job} job */
  #adopt(job) {
    this.#jobs.push(job);
    job.addEventListener("change", () => this.#pump());
    job.addEventListener("place", () => job === this.#job && this.#navigate());
    job.addEventListener("ready", () => {
      this.#emit("ready", { batch_id: job.batchId, revision: job.revision, state: job.preview.state, total_rows: job.preview.total_rows, valid_rows: job.preview.valid_rows, invalid_rows: job.preview.invalid_rows });
    });
    job.addEventListener("committed", () => {
      this.#remember();
      this.#emit("committed", { batch: job.batch });
    });
    job.addEventListener("rolledback", () => this.#emit("rolledback", { batch: job.batch }));
    job.addEventListener("wrong", (event) => {
      const { code, detail, status } = /** @type {CustomEvent} */ (event).detail;
      this.#emit("error", { code, detail, status, batch_id: job.batchId });
    });
    return job;
  }

  /** Start the next upload; two at a time share the line. A start is a change, which comes back here for the one after. */
  #pump() {
    const next = this.#jobs.find((job) => job.phase === "queued");
    if (next && this.#jobs.filter((job) => job.phase === "sending").length < AT_ONCE) void next.start();
    this.#draw();
  }

  /** @param {Job | null} job @param {boolean} [tell] the address has to follow, as it is not where this came from */
  #show(job, tell = true) {
    this.#job = job;
    this.#wrong = null;
    if (job?.phase === "asleep") void job.find(new URLSearchParams(job.place));
    if (job) void this.#describe();
    this.#jobs = this.#jobs.filter((each) => each === job || !["gone", "failed", "done"].includes(each.phase));
    if (tell) this.#navigate();
    else this.#remember();
    this.#draw();
  }

  /** Tell the place; another revision of the same step is no step of its own. */
  #navigate() {
    this.#remember();
    const [before, now] = [this.#told, this.place].map((place) => new URLSearchParams(place));
    this.#told = this.place;
    const replace = before.get("batch") === now.get("batch") && before.get("step") === now.get("step");
    this.#emit("navigate", { place: this.place, replace, idle: !this.#job });
  }

  /** Forget this file, here and in the store. @param {Job} job */
  #discard(job) {
    job.close();
    if (job.batchId && !job.batch) this.#api.discard(job.batchId).catch(() => {});
    this.#jobs = this.#jobs.filter((each) => each !== job);
    this.#show(this.#jobs[0] ?? null);
  }

  /** Field names, kinds and labels. Asked once; without them nothing can be reviewed. */
  async #describe() {
    if (Object.keys(this.#types).length) return;
    await this.#try(() => this.#describe(), async () => {
      const { items } = await this.#api.recordTypes();
      this.#types = Object.fromEntries(items.map((type) => [type.name, type.fields]));
    });
  }

  /** Account names, asked once; a result without one is still whole. */
  async #nameAccounts() {
    if (this.#accounts) return;
    this.#accounts = [];
    this.#accounts = (await this.#api.accounts().catch(() => ({ items: [] }))).items;
    this.#draw();
  }

  /** Do it; a refusal is shown above everything, with a way to try again. @param {() => unknown} again @param {() => Promise<void>} work */
  async #try(again, work) {
    this.#wrong = null;
    try {
      await work();
    } catch (error) {
      const problem = error instanceof Problem ? error : UNEXPECTED;
      this.#wrong = { problem, again };
      this.#emit("error", { code: problem.code, detail: problem.detail, status: problem.status, batch_id: this.#job?.batchId ?? null });
    }
    this.#draw();
  }

  // --- memory of this window: which files are open ---------------------------------------------------------------------

  get #drawer() {
    return `takeback-open:${this.api}`;
  }

  #remember() {
    const open = this.#jobs.filter((job) => job.batchId && !job.batch).map((job) => ({ place: job.place, filename: job.filename }));
    try {
      sessionStorage.setItem(this.#drawer, JSON.stringify(open));
    } catch {
      // a window without storage forgets its list on reload; each address still finds its file
    }
  }

  #restore() {
    try {
      for (const { place, filename } of JSON.parse(sessionStorage.getItem(this.#drawer) ?? "[]")) {
        const parts = new URLSearchParams(place);
        if (this.#jobs.some((job) => job.batchId === parts.get("batch"))) continue;
        this.#adopt(Job.at(this.#api, parts, filename));
      }
    } catch {
      // nothing that could be remembered
    }
  }

  // --- the outside --------------------------------------------------------------------------------------------------

  /** @param {string} name @param {object} detail */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(`takeback:${name}`, { detail, bubbles: true, composed: true }));
  }

  /** A small file that the API makes, to be saved. @param {string} path @param {string} name */
  #file(path, name) {
    return this.#try(() => this.#file(path, name), async () => {
      const file = await (await this.#api.fetch("GET", path)).blob();
      const url = URL.createObjectURL(file);
      save(url, name);
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    });
  }

  #looked = () => {
    if (document.visibilityState === "visible") void this.#job?.refresh();
  };

  /** Once a second while a clock is shown; the batch is read again when its time is up. */
  #tick() {
    const batch = this.#job?.phase === "done" && this.#job.batch;
    if (!batch || batch.status !== "committed" || !batch.can_rollback) return;
    if (Date.parse(batch.rollback_until) < this.#api.now()) void this.#job?.refresh();
    this.#draw();
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  #draw() {
    if (this.#drawing || !this.isConnected) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      const held = /** @type {HTMLElement | null} */ (this.#root.activeElement);
      render(this.#view(), this.#root);
      this.#settleFocus(held);
    });
  }

  /** A new step takes the focus to its heading; a row that was asked for is brought into sight. @param {HTMLElement | null} held */
  #settleFocus(held) {
    const job = this.#job;
    const now = job ? `${this.#jobs.indexOf(job)} ${job.batchId} ${job.phase} ${Boolean(job.undo)}` : "start";
    const first = this.#shown === "";
    const changed = this.#shown !== now;
    this.#shown = now;
    if (changed && !first) {
      const inside = document.activeElement === this || document.activeElement === document.body;
      if (inside) /** @type {HTMLElement | null} */ (this.#root.getElementById("step"))?.focus({ preventScroll: true });
      if (this.getBoundingClientRect().top < 0) this.scrollIntoView({ block: "start" });
    }
    if (!changed && held && !held.isConnected) {
      const next = /** @type {HTMLElement | null} */ (this.#root.querySelector(".bar .primary:enabled") ?? this.#root.getElementById("step"));
      next?.focus({ preventScroll: true });
    }
    if (job?.view.goTo) {
      const row = /** @type {HTMLElement | null} */ (this.#root.querySelector(`tr[data-row="${job.view.goTo}"]`));
      job.view.goTo = null;
      row?.scrollIntoView({ block: "center", inline: "start" });
      row?.focus({ preventScroll: true });
    }
  }

  #view() {
    const job = this.#job;
    const step = job ? STEP_OF[job.phase] ?? -1 : -1;
    if (job?.phase === "done") void this.#nameAccounts();
    return html`
      ${this.#notice()}
      ${step >= 0 ? stepper(step, lastStep(job)) : nothing}
      ${this.#queue()}
      ${trouble(this.#wrong?.problem ?? null, () => this.#wrong?.again())}
      ${job ? this.#jobView(job) : this.#chooser()}
      <div class="hidden" role="status" aria-live="polite">${this.#say(job)}</div>
    `;
  }

  #chooser() {
    return start.chooser({
      over: this.#over,
      ondrag: (over) => ((this.#over = over), this.#draw()),
      onfiles: (files) => this.add(files),
      ontemplate: (kind) => this.#file(`/import/template.${kind}`, `takeback-template.${kind}`),
    });
  }

  /** @param {Job} job */
  #jobView(job) {
    const away = () => this.#show(null);
    const fields = this.#types[job.preview?.record_type ?? "bookkeeping"] ?? [];
    const account = this.#accounts?.find((each) => each.account_id === job.batch?.account_id)?.name ?? "";
    switch (job.phase) {
      case "queued":
        return start.queued(job);
      case "sending":
        return start.sending(job);
      case "stopped":
        return start.stopped(job, away);
      case "waiting":
        return start.waiting(job, away);
      case "checking":
        return start.checking(job, away);
      case "review":
        return review(job, fields, {
          onaway: away,
          ondiscard: () => this.#discard(job),
          ondownload: () => job.errorsFile().then((url) => url && save(url, "")),
          focusOn: (id) => this.#focusOn(id),
          corrected: start.chooser({ small: true, over: false, ondrag: () => {}, ontemplate: () => {}, onfiles: (files) => this.#corrected(job, files) }),
        });
      case "plan":
        return plan(job, fields);
      case "committing":
        return committing(job);
      case "done":
        return done(job, fields, {
          onaway: away,
          account,
          onmanifest: () => this.#file(`/import/batches/${job.batchId}/manifest`, `import ${job.filename}.json`),
          onopen: (batch) => this.#show(this.#adopt(Job.at(this.#api, new URLSearchParams({ batch })))),
        });
      case "undoing":
        return undoing(job);
      case "gone":
        return start.gone(away);
      case "failed":
        return start.failed(job, away);
      default:
        return start.finding();
    }
  }

  /** The corrected file takes over what was answered for the one before. @param {Job} before @param {File[]} files */
  #corrected(before, files) {
    const jobs = files.map((file) => this.#adopt(Job.of(this.#api, file)));
    for (const job of jobs) job.inherit(before);
    if (jobs.length) this.#show(jobs[0]);
    this.#pump();
  }

  /** @param {string} id */
  #focusOn(id) {
    const place = this.#root.getElementById(id);
    place?.scrollIntoView({ block: "start" });
    /** @type {HTMLElement | null} */ (place?.querySelector("select, input, button") ?? place)?.focus({ preventScroll: true });
  }

  #queue() {
    if (this.#jobs.length < 2 && (this.#job || !this.#jobs.length)) return nothing;
    return html`<nav class="queue" aria-label="Your files">
      ${this.#jobs.map((job) => html`<button type="button" aria-current=${job === this.#job ? "true" : nothing} @click=${() => this.#show(job)}><span>${job.filename}</span><small>${stateOf(job)}</small></button>`)}
      ${this.#job ? html`<button type="button" @click=${() => this.#show(null)}><span>Add files</span><small>They join this list</small></button>` : nothing}
    </nav>`;
  }

  #notice() {
    const notice = this.#api.notice;
    if (!notice) return nothing;
    const banner = (tone, title, text, /** @type {any} */ act = nothing) => html`<div class="banner" role="status">${note(tone, title, text, act)}</div>`;
    if (notice.kind === "busy") return banner("plain", "The service is waking up", "This can take half a minute. It goes on by itself; nothing is lost.");
    if (notice.kind === "offline") return banner("warn", "No connection", "Waiting for the line to come back. It goes on by itself; nothing is lost.");
    const button = this.#getToken ? html`<button type="button" class="button primary" @click=${() => this.#api.renew(true)}>${icon("lock")}Sign in again</button>` : nothing;
    return banner("warn", "Your sign-in has expired", "Sign in again and everything goes on where it was.", button);
  }

  /** What a screen reader should hear of this. @param {Job | null} job */
  #say(job) {
    if (job) {
      const { phase, batch, preview } = job;
      if (job.rechecking) this.#said = "Checking every row again";
      else if (phase === "review") this.#said = verdict(preview);
      else if (phase === "done") this.#said = batch.status === "rolled_back" ? "The import was taken back" : "The import is done";
      else this.#said = SAID[/** @type {keyof typeof SAID} */ (phase)] ?? this.#said;
    }
    return this.#said;
  }
}

/** @param {Job | null} job */
const lastStep = (job) => (job?.batch?.status === "rolled_back" ? "Taken back" : job?.phase === "done" && !job.undo ? "Done" : STEPS[3]);

const stepper = (step, last) => html`<ol class="steps" aria-label="Steps">
  ${STEPS.map((name, index) => html`<li class=${index < step ? "past" : ""} aria-current=${index === step ? "step" : nothing}>${index === 3 ? last : name}</li>`)}
</ol>`;

/** @param {Job} job */
function stateOf(job) {
  const { preview } = job;
  if (job.phase === "review" && preview) return preview.state === "ready" ? "Ready to import" : preview.state === "unreadable" ? "Cannot be read" : "Needs attention";
  const words = { queued: "Waiting for its turn", sending: "Uploading", checking: "Checking", stopped: "Stopped", plan: "Ready to import", committing: "Importing", done: "Done", asleep: "Not imported yet" };
  return words[/** @type {keyof typeof words} */ (job.phase)] ?? "";
}

/** @param {string} url @param {string} name */
const save = (url, name) => Object.assign(document.createElement("a"), { href: url, download: name }).click();

customElements.define("takeback-importer", TakebackImporter);
customElements.define("takeback-history", TakebackHistory);
export { TakebackHistory };
