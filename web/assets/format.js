/** Values as their reader writes them: numbers, money and dates in the browser's locale. */

const locale = navigator.languages?.length ? [...navigator.languages] : undefined;
const whole = new Intl.NumberFormat(locale);
const money = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
const moment = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

/** @param {number} value */
export const count = (value) => whole.format(value);

/** @param {number} value between 0 and 1 */
export const share = (value) => percent.format(value);

/** Integer cents, exactly: the decimals never pass through a binary fraction. @param {number} cents */
export function amount(cents) {
  const digits = String(Math.abs(cents)).padStart(3, "0");
  return money.format(/** @type {any} */ (`${cents < 0 ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`));
}

/** A calendar day without a time zone. @param {string} iso YYYY-MM-DD */
export function date(iso) {
  const parsed = Date.parse(`${iso}T00:00:00Z`);
  return Number.isNaN(parsed) ? iso : day.format(parsed);
}

/** A point in time. @param {string} iso RFC 3339 */
export function time(iso) {
  const parsed = Date.parse(iso);
  return Number.isNaN(parsed) ? iso : moment.format(parsed);
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return `${whole.format(bytes)} bytes`;
  const [unit, by] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: bytes / by < 10 ? 1 : 0 }).format(bytes / by)} ${unit}`;
}

/** A span in two units at most: "23 h 41 min", "4 min 10 s". @param {number} milliseconds */
export function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours) return `${hours} h ${minutes} min`;
  if (minutes >= 5) return `${minutes} min`;
  return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** "1 row", "2 rows". @param {number} number @param {string} one @param {string} [many] */
export const plural = (number, one, many = `${one}s`) => `${whole.format(number)} ${number === 1 ? one : many}`;

/** A normalised value by its field's kind. @param {any} value @param {string | undefined} kind */
export function value(value, kind) {
  if (value === null || value === undefined || value === "") return "";
  if (kind === "money") return amount(value);
  if (kind === "date") return date(String(value));
  if (kind === "count") return count(value);
  if (kind === "choice") return choice(String(value));
  return String(value);
}

/** A stored word as a phrase: RETURN_CLOSED is "Return closed". @param {string} word */
export function choice(word) {
  const text = word.replaceAll("_", " ").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
