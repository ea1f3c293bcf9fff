/** The bytes on their way: one form post straight to the store, with progress, cancel and reasons in words. */

import { Problem } from "./api.js";

/** What the store says (S3's codes) and what a person can do about it. */
const REASONS = {
  EntityTooLarge: "This file is larger than the store accepts. Split it, or remove columns that you do not need, and choose it again.",
  EntityTooSmall: "This file is empty. Save it again from the program it came from, then choose it again.",
  ExpiredToken: "The permission to upload ran out before the file had arrived. Start the upload again.",
  RequestTimeout: "The line was too slow and the store gave up. Start the upload again.",
  SlowDown: "The store is busy. Wait a moment, then start the upload again.",
};
const EXPIRED = "The permission to upload ran out before the file had arrived. Start the upload again.";
const LOST = "The connection was lost before the whole file had arrived. Nothing was imported. Start the upload again.";
const REFUSED = "The store refused the file. Start the upload again; if that does not help, tell whoever runs this service.";

/**
 * Send a file with a presigned form.
 * @param {{url: string, fields: Record<string, string>}} form
 * @param {File} file
 * @param {{signal: AbortSignal, onprogress: (sent: number, total: number) => void}} options
 * @returns {Promise<void>} rejects with a Problem, or with the signal's reason when cancelled
 */
export function send(form, file, { signal, onprogress }) {
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.url);
    request.upload.onprogress = (event) => onprogress(Math.min(event.loaded, file.size), file.size);
    request.onload = () => (request.status < 300 ? resolve() : reject(refusal(request)));
    request.onerror = () => reject(new Problem({ status: 0, code: "upload_lost", detail: LOST }));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(body);
  });
}

/** The store's refusal in words. @param {XMLHttpRequest} request */
function refusal(request) {
  const answer = new DOMParser().parseFromString(request.responseText, "application/xml");
  const code = answer.querySelector("Code")?.textContent ?? "";
  const expired = /expired/i.test(answer.querySelector("Message")?.textContent ?? "");
  const detail = expired ? EXPIRED : (REASONS[/** @type {keyof REASONS} */ (code)] ?? REFUSED);
  return new Problem({ status: request.status, code: expired ? "upload_expired" : `upload_${code || "refused"}`, detail });
}
