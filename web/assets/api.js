/**
 * The HTTP contract, and patience: a service that wakes up, a line that drops and a token that runs out are waited
 * for here, once, so that no view has to know.
 */

/**
 * @typedef {{kind: "busy" | "offline" | "expired", seconds?: number}} Notice  why a request is waiting
 * @typedef {(context: {expired: boolean, interactive: boolean}) => Promise<string | null> | string | null} TokenSource
 */

const PATIENCE_MS = 90_000;
const PAUSES_MS = [500, 1000, 2000, 4000, 8000];
const BUSY = new Set([429, 502, 503, 504]);

/** An answer that is a refusal (RFC 9457), or no answer at all (`status` 0). */
export class Problem extends Error {
  /** @param {{status: number, code: string, title?: string, detail: string, [more: string]: any}} body */
  constructor(body) {
    super(body.detail);
    this.status = body.status;
    this.code = body.code;
    this.detail = body.detail;
    this.body = body;
  }
}

/** @param {number} milliseconds @param {AbortSignal} [signal] */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}

export class Api extends EventTarget {
  /** @type {string} where the API is; empty for the page's own origin */
  base = "";
  /** @type {Notice | null} */
  notice = null;
  /** How far the server's clock is ahead of ours, in milliseconds. */
  skew = 0;
  /** @type {TokenSource | null} */
  #source = null;
  /** @type {string | null} */
  #token = null;
  /** @type {Set<(token: string) => void>} */
  #waiting = new Set();

  /** A new token: requests that waited for one go on with it. @param {string | null} token */
  set token(token) {
    this.#token = token;
    if (token) {
      for (const resume of this.#waiting) resume(token);
      this.#waiting.clear();
    }
  }

  /** @param {TokenSource | null} source */
  set source(source) {
    this.#source = source;
    if (source && !this.#token) void this.renew(false);
  }

  /** Ask the host for another token; what waits for it goes on. @param {boolean} interactive a person just asked for it */
  async renew(interactive) {
    const token = await this.#source?.({ expired: this.#token !== null, interactive });
    if (token) this.token = token;
  }

  /** The server's idea of the time, as far as it told. */
  now() {
    return Date.now() + this.skew;
  }

  accounts() {
    return this.request("GET", "/import/accounts");
  }
  recordTypes() {
    return this.request("GET", "/import/record-types");
  }
  /** @param {{filename: string, size: number, options?: object}} body @param {AbortSignal} signal */
  startUpload(body, signal) {
    return this.request("POST", "/import/uploads", { body, signal });
  }
  /** @param {string} batch @param {string} [revision] @param {AbortSignal} [signal] */
  preview(batch, revision, signal) {
    return this.request("GET", `/import/uploads/${batch}/preview`, { query: { revision }, signal });
  }
  /** @param {string} batch @param {string} revision */
  errors(batch, revision) {
    return this.request("GET", `/import/uploads/${batch}/errors`, { query: { revision } });
  }
  /** @param {string} batch */
  discard(batch) {
    return this.request("DELETE", `/import/uploads/${batch}`);
  }
  /** @param {{batch_id: string, column_mapping?: object, options?: object}} body */
  validate(body) {
    return this.request("POST", "/import/records/validate", { body });
  }
  /** @param {{batch_id: string, revision: string, account_id: string, on_existing?: string, dry_run?: boolean}} body */
  commit(body) {
    return this.request("POST", "/import/records/commit", { body });
  }
  /** @param {{account_id?: string, status?: string, limit?: number, cursor?: string}} query */
  batches(query) {
    return this.request("GET", "/import/batches", { query });
  }
  /** @param {string} batch @param {{patience?: number, signal?: AbortSignal}} [options] */
  batch(batch, options) {
    return this.request("GET", `/import/batches/${batch}`, options);
  }
  /** @param {string} batch @param {{limit?: number, cursor?: string}} query */
  records(batch, query) {
    return this.request("GET", `/import/batches/${batch}/records`, { query });
  }
  /** @param {string} batch */
  trail(batch) {
    return this.request("GET", `/import/batches/${batch}/events`);
  }
  /** @param {string} batch @param {{force?: boolean, keep_modified?: boolean, dry_run?: boolean}} body */
  rollback(batch, body) {
    return this.request("POST", `/import/batches/${batch}/rollback`, { body });
  }

  /**
   * One call. Waits and repeats on 503 and lost connections, and for a new token on 401; every call of the contract
   * may be repeated. The answer's status is in `status`, its JSON is the rest.
   * @param {string} method @param {string} path
   * @param {{body?: object, query?: Record<string, any>, signal?: AbortSignal, patience?: number}} [options]
   * @returns {Promise<any>}
   */
  async request(method, path, options = {}) {
    const answer = await this.fetch(method, path, options);
    if (answer.status === 204) return {};
    return { http_status: answer.status, ...(await answer.json()) };
  }

  /**
   * As `request`, for answers that are no JSON.
   * @param {string} method @param {string} path
   * @param {{body?: object, query?: Record<string, any>, signal?: AbortSignal, patience?: number}} [options]
   * @returns {Promise<Response>}
   */
  async fetch(method, path, options = {}) {
    try {
      return await this.#insist(method, path, options);
    } finally {
      if (options.signal?.aborted) this.#tell(null); // what it was waiting for concerns nobody any more
    }
  }

  async #insist(method, path, { body, query = {}, signal, patience = PATIENCE_MS } = {}) {
    const url = this.#address(path, query);
    const deadline = Date.now() + patience;
    let token = this.#token ?? (await this.#freshToken(null, signal));
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#once(method, url, body, token, signal);
      if (answer?.status === 401) {
        token = await this.#freshToken(token, signal);
        continue;
      }
      const wait = answer ? busyFor(answer, attempt) : PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)];
      if (wait === null || Date.now() + wait > deadline) {
        this.#tell(null);
        if (answer?.ok) return answer;
        throw answer ? await problemOf(answer) : unreachable();
      }
      this.#tell(answer ? { kind: "busy", seconds: Math.ceil(wait / 1000) } : { kind: "offline" });
      await this.#elapse(wait, signal);
    }
  }

  /** @param {string} path @param {Record<string, any>} query */
  #address(path, query) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
    const search = given.length ? `?${new URLSearchParams(given)}` : "";
    return `${this.base.replace(/\/$/, "")}${path}${search}`;
  }

  /** The answer, or null when the line is down. */
  async #once(method, url, body, token, signal) {
    const headers = { Accept: "application/json", Authorization: `Bearer ${token}`, ...(body ? { "Content-Type": "application/json" } : {}) };
    try {
      const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal, cache: "no-store", keepalive: method === "DELETE" });
      const date = Date.parse(answer.headers.get("date") ?? "");
      if (date && Math.abs(date - Date.now()) > 2000) this.skew = date - Date.now();
      return answer;
    } catch (error) {
      if (signal?.aborted) throw error;
      return null;
    }
  }

  /** Wait, but not longer than until the line is back. */
  async #elapse(milliseconds, signal) {
    const online = new AbortController();
    const back = () => online.abort();
    addEventListener("online", back, { once: true });
    await pause(milliseconds, signal ? AbortSignal.any([signal, online.signal]) : online.signal).catch((reason) => {
      if (signal?.aborted) throw reason;
    }).finally(() => removeEventListener("online", back));
  }

  /** A token other than the refused one, however long the person takes to sign in. */
  async #freshToken(refused, signal) {
    if (this.#token === refused) await this.renew(false);
    if (this.#token && this.#token !== refused) return this.#token;
    this.#tell({ kind: "expired" });
    const token = await new Promise((resolve, reject) => {
      this.#waiting.add(resolve);
      signal?.addEventListener("abort", () => (this.#waiting.delete(resolve), reject(signal.reason)), { once: true });
    });
    this.#tell(null);
    return token;
  }

  /** @param {Notice | null} notice */
  #tell(notice) {
    if (!notice && !this.notice) return;
    this.notice = notice;
    this.dispatchEvent(new Event("notice"));
  }
}

/** How long to leave a busy service alone, in milliseconds; null when it is not busy. */
function busyFor(answer, attempt) {
  if (!BUSY.has(answer.status)) return null;
  const told = Number(answer.headers.get("retry-after"));
  return told > 0 ? told * 1000 : PAUSES_MS[Math.min(attempt + 1, PAUSES_MS.length - 1)];
}

async function problemOf(answer) {
  const body = await answer.json().catch(() => ({}));
  return new Problem({
    code: `http_${answer.status}`,
    detail: "The service gave an answer that this page does not understand. Try again in a minute.",
    ...body,
    status: answer.status,
  });
}

function unreachable() {
  return new Problem({
    status: 0,
    code: "unreachable",
    detail: "The service cannot be reached. Check your connection, then try again: nothing was lost.",
  });
}
