/** Small pieces that several views share. Data only ever becomes text: lit-html escapes every `${…}`. */

import { html, nothing, svg } from "./lit-html-3.3.3.js";
import { count, plural, span } from "./format.js";

/** @typedef {import("./api.js").Problem} Problem */

/** Line icons on a 24-unit grid. */
const PATHS = {
  undo: "M4 9h10a6 6 0 0 1 0 12H8M4 9l5-5M4 9l5 5",
  upload: "M12 16V4m0 0L7 9m5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
  sheet: "M6 3h8l5 5v12a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM8 12h8M8 16h8M12 12v7",
  check: "M5 12.5l4.5 4.5L19 7.5",
  alert: "M12 8v5m0 3.5v.01M12 3.5 2.8 19.5h18.4z",
  stop: "M12 8v5m0 3v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  cross: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  down: "M12 4v11m0 0-4-4m4 4 4-4M5 20h14",
  offline: "M3 3l18 18M8.5 16a5 5 0 0 1 5-1.3M5 12.5a10 10 0 0 1 5-2.8m4 .1a10 10 0 0 1 5 2.7M12 20v.01",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z",
  clock: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
};

/** @param {keyof typeof PATHS} name */
export const icon = (name) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${svg`<path d=${PATHS[name]}></path>`}</svg>`;

/**
 * A boxed remark. Meaning is in the words and the icon, colour only supports it.
 * @param {"bad" | "warn" | "good" | "plain"} tone
 * @param {any} title @param {any} text @param {any} [actions]
 */
export function note(tone, title, text, actions = nothing) {
  const sign = { bad: "stop", warn: "alert", good: "check", plain: "clock" }[tone];
  return html`<div class="note ${tone}" role=${tone === "bad" ? "alert" : nothing}>
    ${icon(/** @type {any} */ (sign))}
    <div>
      <p class="note-title">${title}</p>
      ${text ? html`<p>${text}</p>` : nothing}
      ${actions === nothing ? nothing : html`<p class="actions">${actions}</p>`}
    </div>
  </div>`;
}

/** What a refusal is called, by its code. The detail says what to do. */
const TITLES = {
  forbidden: "You may look at this account, but not change it",
  not_found: "There is nothing here",
  not_ready: "This file is not ready to be imported",
  existing_records: "Some of these rows are in the account already",
  rollback_expired: "The time to undo this import has passed",
  rollback_disabled: "The undo of this import was given up",
  records_modified: "Some rows were edited after the import",
  later_import: "A later import changed some of these rows",
  unavailable: "The service is busy",
  unreachable: "No connection",
  invalid_mapping: "These columns do not fit",
  invalid_options: "The file cannot be read that way",
  too_large: "This file is too large",
  already_committed: "This file was imported already",
  already_rolled_back: "This import was taken back already",
  not_committed: "There is nothing to undo",
  upload_lost: "The upload was interrupted",
  upload_expired: "The upload took too long",
  upload_EntityTooLarge: "This file is too large",
  failed: "The import failed: nothing was imported",
};

/** @param {Problem | null} problem @param {(() => void) | null} [retry] @param {string} [label] */
export function trouble(problem, retry, label = "Try again") {
  if (!problem) return nothing;
  const title = TITLES[/** @type {keyof typeof TITLES} */ (problem.code)] ?? "That did not work";
  const again = retry ? html`<button type="button" class="button" @click=${retry}>${label}</button>` : nothing;
  return note("bad", title, problem.detail, again);
}

/** Something is going on. @param {any} text */
export const busy = (text) => html`<p class="busy"><span class="spinner" aria-hidden="true"></span>${text}</p>`;

/**
 * How far a long import or undo is; without figures only that it goes on.
 * @param {{phase: string, rows: number} | null | undefined} progress @param {number} total
 */
export function advance(progress, total) {
  if (!progress?.rows) return html`<progress aria-labelledby="step"></progress>`;
  return html`<progress aria-labelledby="step" max=${total} .value=${progress.rows}></progress>
    <p class="number">${count(progress.rows)} of ${plural(total, "row")}</p>`;
}

/**
 * The dial of the time left: a full ring is the whole window.
 * @param {number} left milliseconds @param {number} window milliseconds
 */
export function dial(left, window) {
  const share = Math.max(0, Math.min(1, left / window));
  return html`<svg class="dial" viewBox="0 0 120 120" role="img" aria-label="Time left to undo: ${span(left)}">
    ${svg`<circle class="dial-track" cx="60" cy="60" r="52"></circle>
      <circle class="dial-left" cx="60" cy="60" r="52" pathLength="100" stroke-dasharray="${share * 100} 100" transform="rotate(-90 60 60) scale(1 -1) translate(0 -120)"></circle>
      <path class="dial-arrow" d="M44 54h22a13 13 0 0 1 0 26H52M44 54l10-10M44 54l10 10"></path>`}
  </svg>`;
}

/** A figure over its caption. @param {any} figure @param {any} caption @param {string} [tone] */
export const figure = (figure, caption, tone = "") => html`<div class="figure ${tone}"><dt>${caption}</dt><dd>${figure}</dd></div>`;

/**
 * Money columns with their sums, closed by the double rule of a ledger.
 * @param {{label: string, text: string}[]} sums @param {string} caption
 */
export function ledger(sums, caption) {
  if (!sums.length) return nothing;
  return html`<table class="ledger">
    <caption>${caption}</caption>
    <tbody>
      ${sums.map(({ label, text }) => html`<tr><th scope="row">${label}</th><td class="number">${text}</td></tr>`)}
    </tbody>
  </table>`;
}
