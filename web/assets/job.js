/**
 * One file on its way: chosen, sent, checked, imported, taken back. Holds what is known and does the calls; it draws
 * nothing. Every change is told by a `change` event, every new place (what the address should say) by `place`.
 */

import { Problem, pause } from "./api.js";
import { send } from "./upload.js";

/** @typedef {import("./api.js").Api} Api */
/**
 * asleep: known from before a reload · finding: opened by address · queued, sending, stopped: the upload · waiting: its
 * bytes are not there, perhaps another window sends them · checking · review · plan: account and existing rows ·
 * committing · done · undoing · gone: nothing here · failed
 * @typedef {"asleep" | "finding" | "queued" | "sending" | "stopped" | "waiting" | "checking" | "review" | "plan" | "committing" | "done"
 *   | "undoing" | "gone" | "failed"} Phase
 */
/** @typedef {"skip" | "update"} OnExisting */

const SOON_MS = 250;
const LATER_MS = 2000;
const SETTLE_MS = 450; // several quick changes of columns are checked once
const SLOW_MS = 60_000; // after this long without a new row, say that it takes longer than usual
const STEP = { plan: "import", undo: "undo" };

export class Job extends EventTarget {
  /** @type {Phase} */ phase = "asleep";
  /** @type {File | null} */ file = null;
  filename = "";
  /** @type {string | null} */ batchId = null;
  /** @type {string | null} */ revision = null;
  sent = 0;
  total = 0;
  started = 0;
  rowsSeen = 0;
  slow = false;
  /** @type {any} the last preview */ preview = null;
  /** @type {Record<string, string | null>} as chosen, perhaps not checked yet */ mapping = {};
  /** @type {Record<string, any>} as chosen, perhaps not checked yet */ options = {};
  rechecking = false;
  /** @type {any[] | null} */ accounts = null;
  /** @type {{accountId: string | null, loading: boolean, existing: any, counts: Record<string, any>, choice: OnExisting | null, problem: Problem | null}} */
  plan = { accountId: null, loading: false, existing: null, counts: {}, choice: null, problem: null };
  /** @type {any} the batch once the import was accepted */ batch = null;
  /** @type {{loading: boolean, forecast: any, problem: Problem | null, choice: "keep" | "force" | null} | null} */ undo = null;
  /** @type {{items: any[], cursor: string | null, loading: boolean, problem: Problem | null} | null} */ records = null;
  /** @type {{items: any[] | null, problem: Problem | null}} what was done to the batch */ trail = { items: null, problem: null };
  /** @type {Job | null} the file that this one corrects */ before = null;
  /** @type {Problem | null} what went wrong last, shown where it happened */ problem = null;
  /** @type {Record<string, any>} what the views remember: filters, how many rows are shown */ view = {};

  #stop = new AbortController();
  #timer = 0;
  #asked = 0;
  #told = "";

  /** @param {Api} api */
  constructor(api) {
    super();
    this.api = api;
  }

  /** @param {Api} api @param {File} file */
  static of(api, file) {
    const job = new Job(api);
    job.file = file;
    job.filename = file.name;
    job.total = file.size;
    job.phase = "queued";
    return job;
  }

  /** A job that is to be found again. @param {Api} api @param {URLSearchParams} place @param {string} [filename] */
  static at(api, place, filename = "") {
    const job = new Job(api);
    return Object.assign(job, { phase: "asleep", filename, batchId: place.get("batch"), revision: place.get("revision") });
  }

  /** What was answered for the file that this one corrects holds for it too. @param {Job} before */
  inherit(before) {
    this.before = before;
    const { date_order, decimal_mark, money_unit } = before.options;
    this.options = given({ date_order, decimal_mark, money_unit });
  }

  /** What the address should say, to find this place again. */
  get place() {
    if (!this.batchId) return "";
    const step = this.undo ? STEP.undo : this.phase === "plan" ? STEP.plan : undefined;
    const parts = new URLSearchParams({ batch: this.batchId });
    if (this.revision && !this.batch) parts.set("revision", this.revision);
    if (step) parts.set("step", step);
    return parts.toString();
  }

  /** Why the preview cannot be imported yet; null when it can. @returns {"question" | "column" | "rows" | "checking" | null} */
  get obstacle() {
    const preview = this.preview;
    if (!preview || this.rechecking) return "checking";
    if (preview.state === "ready") return null;
    if (preview.unmapped_required.length) return "column";
    return preview.decisions.some((decision) => decision.needs_answer) ? "question" : "rows";
  }

  /** Leave: nothing of this job goes on in this window. */
  close() {
    clearTimeout(this.#timer);
    this.#stop.abort(new DOMException("left", "AbortError"));
  }

  // --- the upload ---------------------------------------------------------------------------------------------------

  /** Send the file, then follow its validation. */
  async start() {
    const { signal } = (this.#stop = new AbortController());
    this.#set({ phase: "sending", sent: 0, problem: null, started: Date.now(), batchId: null, revision: null });
    await this.#guard("stopped", async () => {
      const file = /** @type {File} */ (this.file);
      const begun = await this.api.startUpload({ filename: file.name, size: file.size, options: this.options }, signal);
      this.#move({ batchId: begun.batch_id });
      const onprogress = (sent, total) => this.#set({ sent, total });
      await send(begun.upload, file, { signal, onprogress });
      this.#set({ sent: this.total });
      await this.#follow();
    });
  }

  /** Stop the upload; the file can be sent again. */
  cancel() {
    this.#stop.abort(new DOMException("cancelled", "AbortError"));
    if (this.batchId) this.api.discard(this.batchId).catch(() => {});
    this.#move({ phase: "stopped", problem: null, batchId: null });
  }

  /** Wait for the preview of the revision (the newest when none is named). */
  async #follow() {
    this.#set({ phase: this.preview ? this.phase : "checking" });
    const asked = ++this.#asked;
    let wait = SOON_MS;
    let moved = Date.now();
    for (;;) {
      const answer = await this.api.preview(/** @type {string} */ (this.batchId), this.revision ?? undefined, this.#stop.signal);
      if (asked !== this.#asked) return;
      if (answer.http_status === 200) return this.#arrived(answer);
      if (answer.rows_seen !== this.rowsSeen) moved = Date.now();
      const lost = answer.state === "awaiting_upload" && !this.file;
      this.#set({ rowsSeen: answer.rows_seen ?? 0, slow: Date.now() - moved > SLOW_MS, phase: lost ? "waiting" : this.preview ? this.phase : "checking" });
      await pause(wait, this.#stop.signal);
      wait = Math.min(wait * 1.4, LATER_MS);
    }
  }

  /** @param {any} preview */
  #arrived(preview) {
    const first = !this.preview;
    const phase = this.phase === "plan" && !first ? "plan" : "review";
    this.#move({
      preview,
      revision: preview.revision,
      filename: preview.file.filename,
      mapping: { ...preview.column_mapping },
      options: given(preview.options ?? {}),
      rechecking: false,
      problem: null,
      slow: false,
      phase,
    });
    this.dispatchEvent(new Event("ready"));
    if (first && this.before) this.#inheritColumns(this.before);
  }

  /** Columns that a person changed in the file before are changed here as well. @param {Job} before */
  #inheritColumns(before) {
    const chosen = Object.entries(before.mapping).filter(([header, field]) => header in this.mapping && this.mapping[header] !== field);
    if (chosen.length) this.revise({ mapping: Object.fromEntries(chosen) });
  }

  // --- other columns, other options ---------------------------------------------------------------------------------

  /**
   * Change what a column is or how the file is read; checked again after a moment.
   * @param {{mapping?: Record<string, string | null>, options?: Record<string, any>}} change
   * @param {{forget?: boolean}} [how] forget: the columns are not the same any more (other sheet, other header row)
   */
  revise(change, { forget = false } = {}) {
    const mapping = forget ? {} : { ...this.mapping, ...change.mapping };
    this.#asked++;
    this.#set({ mapping, options: given({ ...this.options, ...change.options }), rechecking: true, problem: null });
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#recheck(forget), SETTLE_MS);
  }

  async #recheck(forget) {
    await this.#guard("review", async () => {
      const body = { batch_id: this.batchId, options: this.options, ...(forget ? {} : { column_mapping: this.mapping }) };
      const asked = ++this.#asked;
      const answer = await this.api.validate(/** @type {any} */ (body));
      if (asked !== this.#asked) return;
      this.revision = answer.revision;
      await this.#follow();
    });
    if (this.problem) this.#revert();
  }

  /** What the last preview said still holds. */
  #revert() {
    const { preview } = this;
    this.#set({ mapping: { ...preview.column_mapping }, options: given(preview.options ?? {}), rechecking: false, revision: preview.revision });
  }

  /** Where the bad rows with their reasons can be downloaded now; null when that was refused. */
  async errorsFile() {
    /** @type {string | null} */ let url = null;
    await this.#guard("review", async () => {
      ({ url } = await this.api.errors(this.#id, this.#rev));
    });
    return url;
  }

  // --- account, existing rows, import -------------------------------------------------------------------------------

  /** Go to the choice of account, or back to the review. @param {boolean} forward */
  async choose(forward) {
    this.#move({ phase: forward ? "plan" : "review", problem: null });
    if (forward) await this.loadAccounts();
  }

  async loadAccounts() {
    this.#set({ problem: null });
    await this.#guard("plan", async () => {
      const { items } = await this.api.accounts();
      this.#set({ accounts: items });
      const mine = items.filter(writable);
      if (mine.length === 1 && !this.plan.accountId) await this.forecast(mine[0].account_id);
    });
  }

  /** What an import into this account would do: the dry run, and one for each choice when rows exist. @param {string} accountId */
  async forecast(accountId) {
    const asked = { accountId, loading: true, existing: null, counts: {}, choice: null, problem: null };
    this.#set({ plan: asked });
    const tell = (change) => this.plan.accountId === accountId && this.#set({ plan: { ...this.plan, ...change } });
    try {
      tell({ counts: { reject: await this.#dryRun(accountId) }, loading: false });
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code !== "existing_records") return void tell({ problem, loading: false });
      tell({ existing: problem.body });
      try {
        const [skip, update] = await Promise.all([this.#dryRun(accountId, "skip"), this.#dryRun(accountId, "update")]);
        tell({ counts: { skip, update }, loading: false });
      } catch (second) {
        tell({ problem: asProblem(second), loading: false });
      }
    }
  }

  #dryRun(accountId, onExisting = "reject") {
    return this.api.commit({ batch_id: this.#id, revision: this.#rev, account_id: accountId, on_existing: onExisting, dry_run: true });
  }

  /** @param {OnExisting} choice */
  decide(choice) {
    this.#set({ plan: { ...this.plan, choice } });
  }

  /** Import. One transaction: all rows or none. */
  async commit() {
    const { accountId, choice } = this.plan;
    const body = { batch_id: this.#id, revision: this.#rev, account_id: /** @type {string} */ (accountId), on_existing: choice ?? "reject" };
    this.#set({ phase: "committing", problem: null });
    await this.#guard("plan", async () => {
      const batch = await this.api.commit(body);
      await this.#settle(batch);
    });
    const code = this.problem?.code ?? "";
    if (code === "existing_records" && accountId) await this.forecast(accountId);
    if (code.startsWith("already_")) await this.#guard("plan", async () => this.#settle(await this.api.batch(this.#id)));
  }

  /** Follow a batch until it rests, then show what became of it. */
  async #settle(batch) {
    let wait = SOON_MS;
    const before = this.batch?.status;
    const undoing = batch.status === "rolling_back";
    this.#set({ batch });
    while (batch.status === "committing" || batch.status === "rolling_back") {
      this.#set({ batch, phase: batch.status === "committing" ? "committing" : "undoing" });
      await pause(wait, this.#stop.signal);
      wait = Math.min(wait * 1.4, LATER_MS);
      batch = await this.api.batch(this.#id, { signal: this.#stop.signal });
    }
    if (batch.status === "failed") return this.#fell(batch);
    this.#move({ batch, filename: batch.filename, phase: "done", undo: null, records: null, trail: { items: null, problem: null } });
    if (undoing && batch.status === "committed") {
      this.#set({ problem: problemOf(batch, "The undo failed. Nothing was changed; try again.") });
      this.#wrong(/** @type {any} */ (this.problem));
    } else if (before !== batch.status && (before || this.preview)) {
      this.dispatchEvent(new Event(batch.status === "committed" ? "committed" : "rolledback"));
    }
  }

  /** An import that failed left nothing behind; go back to the plan when we still have one. */
  #fell(batch) {
    const problem = problemOf(batch, "The import failed. Nothing was imported; try again.");
    this.#set({ batch: null, phase: this.preview ? "plan" : "failed", problem, filename: batch.filename });
    if (this.preview && !this.accounts) void this.loadAccounts();
    this.#wrong(problem);
  }

  // --- the undo -----------------------------------------------------------------------------------------------------

  /** Ask what an undo would do, before anything is done. @param {boolean} [keep] leave alone what was changed since */
  async previewUndo(keep = false) {
    const choice = keep ? "keep" : null;
    this.#move({ undo: { loading: true, forecast: null, problem: null, choice }, problem: null });
    try {
      const forecast = await this.api.rollback(this.#id, { dry_run: true, ...(keep ? { keep_modified: true } : {}) });
      if (!forecast.would_undo) return await this.#settle(forecast); // another window was faster
      if (this.undo) this.#set({ undo: { loading: false, forecast, problem: null, choice } }); // else the person has left
    } catch (error) {
      const problem = asProblem(error);
      if (this.undo) this.#set({ undo: { loading: false, forecast: null, problem, choice: null } });
    }
  }

  /** What becomes of rows that were edited since. @param {"keep" | "force"} choice */
  decideUndo(choice) {
    if (this.undo) this.#set({ undo: { ...this.undo, choice } });
  }

  leaveUndo() {
    this.#move({ undo: null, problem: null });
  }

  /** Take it back, as decided. */
  async takeBack() {
    const undo = this.undo;
    const how = undo?.choice ? { [undo.choice === "keep" ? "keep_modified" : "force"]: true } : {};
    this.#set({ phase: "undoing", problem: null });
    try {
      await this.#settle(await this.api.rollback(this.#id, how));
    } catch (error) {
      if (gone(error)) return;
      const problem = asProblem(error);
      this.#set({ phase: "done", undo: undo ?? { loading: false, forecast: null, problem, choice: null } });
      if (problem.code === "records_modified") await this.previewUndo();
      else await this.refresh();
      this.#set({ problem });
      this.#wrong(problem);
    }
  }

  /** Read the batch again: its time may be up, or another window took it back. */
  async refresh() {
    if (!this.batch || this.phase !== "done") return;
    const batch = await this.api.batch(this.#id, { patience: 0 }).catch(() => null);
    if (!batch || this.phase !== "done") return;
    const moved = batch.status !== this.batch.status;
    const { records, trail } = this;
    this.#move({ batch, ...(moved ? { undo: null, records: null, trail: { items: null, problem: null } } : {}) });
    if (moved && records) void this.loadRecords();
    if (moved && trail.items) void this.loadTrail();
  }

  /** The rows that the import wrote, page by page. */
  async loadRecords() {
    const known = this.records ?? { items: [], cursor: null, loading: false, problem: null };
    this.#set({ records: { ...known, loading: true, problem: null } });
    try {
      const page = await this.api.records(this.#id, { limit: 50, cursor: known.cursor ?? undefined });
      this.#set({ records: { items: [...known.items, ...page.items], cursor: page.next_cursor ?? null, loading: false, problem: null } });
    } catch (error) {
      this.#set({ records: { ...known, loading: false, problem: asProblem(error) } });
    }
  }

  /** Who did what to the batch, and when. */
  async loadTrail() {
    this.#set({ trail: { ...this.trail, problem: null } });
    try {
      const { items } = await this.api.trail(this.#id);
      this.#set({ trail: { items, problem: null } });
    } catch (error) {
      this.#set({ trail: { items: null, problem: asProblem(error) } });
    }
  }

  // --- found again by its address -----------------------------------------------------------------------------------

  /**
   * Find the place that an address names. A batch that was imported is the database's, else its preview's.
   * @param {URLSearchParams} place
   */
  async find(place) {
    this.batchId = place.get("batch");
    this.revision = place.get("revision");
    this.#set({ phase: "finding", problem: null });
    await this.#guard("failed", async () => {
      const batch = await this.api.batch(this.#id, { patience: 0 }).catch((error) => asProblem(error));
      if (!(batch instanceof Problem) && batch.status !== "failed") {
        await this.#settle(batch);
        if (place.get("step") === STEP.undo && this.batch.can_rollback) await this.previewUndo();
        return;
      }
      try {
        await this.#follow();
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 404) throw error;
        return this.#set({ phase: "gone" });
      }
      if (place.get("step") === STEP.plan && !this.obstacle) await this.choose(true);
    });
  }

  /** The address changed by hand or by the back button. @param {URLSearchParams} place */
  async go(place) {
    const step = place.get("step");
    if (this.batch) {
      if (step === STEP.undo && !this.undo) await this.previewUndo();
      else if (step !== STEP.undo && this.undo && this.phase === "done") this.leaveUndo();
    } else if (this.preview && this.phase !== "committing") {
      if (step === STEP.plan && this.phase === "review" && !this.obstacle) await this.choose(true);
      else if (step !== STEP.plan && this.phase === "plan") await this.choose(false);
    }
  }

  // --- within -------------------------------------------------------------------------------------------------------

  get #id() {
    return /** @type {string} */ (this.batchId);
  }
  get #rev() {
    return /** @type {string} */ (this.revision);
  }

  /** @param {Partial<Job>} change */
  #set(change) {
    Object.assign(this, change);
    this.dispatchEvent(new Event("change"));
  }

  /** A change that the address should show. @param {Partial<Job>} change */
  #move(change) {
    this.#set(change);
    if (this.place === this.#told) return;
    this.#told = this.place;
    this.dispatchEvent(new Event("place"));
  }

  /** Do it; a refusal is shown in the given phase, a cancellation is none. @param {Phase} phase @param {() => Promise<void>} work */
  async #guard(phase, work) {
    try {
      await work();
    } catch (error) {
      if (gone(error)) return;
      const problem = asProblem(error);
      this.#set({ phase, problem });
      this.#wrong(problem);
    }
  }

  /** @param {Problem} problem */
  #wrong(problem) {
    this.dispatchEvent(new CustomEvent("wrong", { detail: problem }));
  }
}

/** What went wrong with the last work on a batch. @param {any} batch @param {string} otherwise */
const problemOf = (batch, otherwise) => new Problem({ status: 500, code: "failed", detail: otherwise, ...batch.problem });

/** May this person import into the account? @param {{role: string}} account */
export const writable = (account) => account.role === "owner" || account.role === "member";

/** Options that say something. @param {Record<string, any>} options */
function given(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && !value.length)));
}

const gone = (error) => error instanceof DOMException && error.name === "AbortError";

/** @param {any} error @returns {Problem} */
function asProblem(error) {
  if (error instanceof Problem) return error;
  console.error(error);
  return new Problem({ status: 0, code: "page_error", detail: "This page met something it did not expect. Reload it: your place is kept." });
}
