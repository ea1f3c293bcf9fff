/**
 * `<takeback-history>`: the imports so far, newest first, each with the time left to undo it.
 *
 * Attributes and token as of `<takeback-importer>`; `refresh()` reads it again. Event takeback:open with the `place`
 * that an importer should go to.
 */

import { html, nothing, render } from "./lit-html-3.3.3.js";
import { Api } from "./api.js";
import { plural, span, time } from "./format.js";
import { busy, icon, trouble } from "./parts.js";
import sheet from "./styles.js";

const PAGE = 10;
const STATES = { committing: "Importing", rolling_back: "Being taken back", rolled_back: "Taken back", failed: "Failed, nothing imported" };

export class TakebackHistory extends HTMLElement {
  static observedAttributes = ["api", "token", "hidden"];

  #api = new Api();
  #root = this.attachShadow({ mode: "open" });
  #clock = 0;
  #asked = 0;
  #state = { items: /** @type {any[]} */ ([]), cursor: /** @type {string | null} */ (null), loading: false, problem: /** @type {any} */ (null), known: false };
  #filter = { status: "", account_id: "" };
  /** @type {any[]} */ #accounts = [];
  /** @type {import("./api.js").TokenSource | null} */ #getToken = null;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
  }

  connectedCallback() {
    this.#clock = window.setInterval(() => this.#draw(), 30_000);
    this.#draw();
    if (this.#getToken || this.hasAttribute("token")) void this.refresh();
  }

  disconnectedCallback() {
    clearInterval(this.#clock);
  }

  attributeChangedCallback(name, _before, value) {
    if (name === "api") this.#api.base = value ?? "";
    if (name === "token") this.#api.token = value;
    const shown = name === "hidden" && value === null;
    if (this.isConnected && (shown || (name === "token" && value))) void this.refresh();
  }

  get getToken() {
    return this.#getToken;
  }
  set getToken(source) {
    this.#getToken = source;
    this.#api.source = source;
    if (this.isConnected) void this.refresh();
  }
  set token(token) {
    this.#api.token = token;
    if (this.isConnected) void this.refresh();
  }

  /** Read the newest page again; while it is hidden nothing is asked for, and when it is shown again it does so by itself. */
  async refresh() {
    if (this.hidden) return;
    await this.#load(null);
    if (!this.#accounts.length) {
      this.#accounts = (await this.#api.accounts().catch(() => ({ items: [] }))).items;
      this.#draw();
    }
  }

  /** @param {string | null} cursor */
  async #load(cursor) {
    const asked = ++this.#asked;
    this.#state = { ...this.#state, loading: true, problem: null };
    this.#draw();
    try {
      const page = await this.#api.batches({ ...this.#filter, limit: PAGE, cursor: cursor ?? undefined });
      if (asked !== this.#asked) return;
      const items = cursor ? [...this.#state.items, ...page.items] : page.items;
      this.#state = { items, cursor: page.next_cursor ?? null, loading: false, problem: null, known: true };
    } catch (problem) {
      if (asked !== this.#asked) return;
      this.#state = { ...this.#state, loading: false, problem };
    }
    this.#draw();
  }

  #draw() {
    if (this.isConnected) render(this.#view(), this.#root);
  }

  #view() {
    const { items, cursor, loading, problem, known } = this.#state;
    return html`<section aria-labelledby="history" aria-busy=${loading}>
      <div class="history-head"><h2 id="history">Imports</h2>${known && (items.length || this.#filtered) ? this.#filters() : nothing}</div>
      ${trouble(problem, () => this.#load(null))}
      ${items.length ? html`<ul class="batches">${items.map((batch) => this.#batch(batch))}</ul>` : nothing}
      ${known && !items.length && !loading ? this.#nothing() : nothing}
      ${loading && !items.length ? busy("Looking up your imports …") : nothing}
      ${cursor ? html`<p class="actions"><button type="button" class="button" ?disabled=${loading} @click=${() => this.#load(cursor)}>Show more</button></p>` : nothing}
    </section>`;
  }

  get #filtered() {
    return Boolean(this.#filter.status || this.#filter.account_id);
  }

  #nothing() {
    return html`<p class="quiet">${this.#filtered ? "No import is like that." : "Nothing imported yet. Every import appears here, with the time left to undo it."}</p>`;
  }

  #filters() {
    const set = (name) => (event) => {
      this.#filter = { ...this.#filter, [name]: event.target.value };
      void this.#load(null);
    };
    return html`<div class="filters">
      ${this.#accounts.length > 1
        ? html`<select aria-label="Account" @change=${set("account_id")}>
            <option value="">All accounts</option>
            ${this.#accounts.map((account) => html`<option value=${account.account_id}>${account.name}</option>`)}
          </select>`
        : nothing}
      <select aria-label="State" @change=${set("status")}>
        <option value="">Every state</option>
        <option value="committed">Imported</option>
        <option value="rolled_back">Taken back</option>
        <option value="failed">Failed</option>
      </select>
    </div>`;
  }

  /** @param {any} batch */
  #batch(batch) {
    const left = Date.parse(batch.rollback_until) - this.#api.now();
    const open = batch.status === "committed" && batch.can_rollback && left > 0;
    const account = this.#accounts.find((each) => each.account_id === batch.account_id)?.name;
    const go = (step) => this.dispatchEvent(new CustomEvent("takeback:open", { detail: { place: `batch=${batch.batch_id}${step}` }, bubbles: true, composed: true }));
    const state = open ? `${span(left)} to undo` : (STATES[/** @type {keyof typeof STATES} */ (batch.status)] ?? "Imported");
    return html`<li class="batch">
      <div>
        <button type="button" class="batch-name" @click=${() => go("")}>${batch.filename}</button>
        <span class="batch-facts">${[plural(batch.row_count ?? 0, "row"), account, time(batch.committed_at ?? batch.created_at)].filter(Boolean).join("\u00a0· ")}</span>
      </div>
      <span class="state ${open ? "open" : ""} ${batch.status}">${open ? icon("clock") : nothing}${state}</span>
      ${open ? html`<button type="button" class="button" aria-label="Undo the import of ${batch.filename}" @click=${() => go("&step=undo")}>${icon("undo")}Undo</button>` : nothing}
    </li>`;
  }
}
