/** What was understood of a file, in words. Each fact is a sentence and, where there is one, its proof. */

import { count, plural, time } from "./format.js";

const FORMATS = { csv: "Text file (CSV)", excel: "Excel workbook", json: "JSON file" };
const DELIMITERS = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "blanks" };

/** The answers that a question of each kind can have: the option, its values, and how each reads. */
export const QUESTIONS = {
  date_order: {
    option: "date_order",
    ask: (header) => `How are the dates in “${header}” written?`,
    answers: { MDY: "Month first", DMY: "Day first", YMD: "Year first" },
  },
  decimal_mark: {
    option: "decimal_mark",
    ask: (header) => `What separates the cents in “${header}”?`,
    answers: { ".": "A point: 1.234 is a little more than one", ",": "A comma: 1.234 is one thousand two hundred thirty-four" },
  },
  money_unit: {
    option: "money_unit",
    ask: (header) => `In what unit are the amounts in “${header}”?`,
    answers: { major: "Whole units (dollars, euros, pounds): 1234 is 1,234.00", cents: "Cents: 1234 is 12.34" },
  },
};

const DECIDED = {
  date_order: { MDY: "dates are month first", DMY: "dates are day first", YMD: "dates are year first", excel: "numbers are Excel days", unix: "numbers are seconds since 1970" },
  decimal_mark: { ".": "a point separates the cents", ",": "a comma separates the cents" },
  money_unit: { major: "amounts are in whole units", cents: "amounts are in cents" },
  sign: { negative: "negative amounts are taken as charges" },
};

/**
 * @param {any} preview
 * @returns {{text: string, proof?: string, kinds?: string[]}[]}
 */
export function understood(preview) {
  const { file } = preview;
  const facts = [{ text: [preview.source ?? FORMATS[/** @type {keyof typeof FORMATS} */ (file.format)] ?? "A file", sheet(file), written(file)].filter(Boolean).join(", ") }];
  if (file.header_row) facts.push({ text: `Headers in row ${count(file.header_row)}` });
  facts.push({ text: plural(preview.total_rows, "row") });
  if (preview.remembered) facts.push({ text: "Columns as you imported a file of this shape last time" });
  return [...facts, ...columnFacts(preview.decisions.filter((decision) => !decision.needs_answer))];
}

/** One sentence for all columns that are read in the same way, with the proof of the first. @param {any[]} decisions */
function columnFacts(decisions) {
  const byHeader = Map.groupBy(decisions, (decision) => decision.header);
  const facts = [...byHeader].map(([header, all]) => {
    const told = all.filter((decision) => !implied(decision, all));
    return { header, how: told.map(decided).join(", "), proof: proofOf(told) };
  });
  return [...Map.groupBy(facts, (fact) => fact.how)].map(([how, alike]) => ({
    text: `“${alike.map((fact) => fact.header).join("”, “")}”: ${how}`,
    proof: alike[0].proof,
    kinds: decisions.filter((decision) => decision.header === alike[0].header).map((decision) => decision.kind),
  }));
}

/** Where a mark parts the cents, amounts are not in cents. */
const implied = (decision, all) => decision.kind === "money_unit" && decision.value === "major" && all.some((other) => other.kind === "decimal_mark");

/** What proves it, once: a row that proves two things is named by the longer sentence. @param {any[]} decisions */
function proofOf(decisions) {
  const sentences = decisions.map((decision) => decision.evidence);
  const said = (one) => sentences.some((other) => other !== one && other.startsWith(one.replace(/\.$/, "")));
  return [...new Set(sentences)].filter((one) => !said(one)).join(" ");
}

/** @param {{kind: string, value: string | null, evidence: string}} decision */
function decided({ kind, value }) {
  const words = /** @type {Record<string, Record<string, string>>} */ (DECIDED)[kind]?.[value ?? ""];
  if (kind === "currency") return `amounts are in ${value}`;
  return words ?? [kind.replaceAll("_", " "), value].filter(Boolean).join(": ");
}

function sheet(file) {
  if (!file.sheet) return "";
  return file.sheets.length > 1 ? `sheet “${file.sheet}” of ${count(file.sheets.length)}` : `sheet “${file.sheet}”`;
}

function written(file) {
  const parted = file.format === "csv" && file.delimiter ? `columns separated by ${DELIMITERS[/** @type {keyof typeof DELIMITERS} */ (file.delimiter)] ?? `“${file.delimiter}”`}` : "";
  const encoded = file.encoding && !/^utf-?8/i.test(file.encoding) ? `written as ${file.encoding}` : "";
  return [parted, encoded].filter(Boolean).join(", ");
}

/** How many questions a file asks; one about several columns counts once. @param {any} preview */
export const openQuestions = (preview) => preview.unmapped_required.length + new Set(preview.decisions.filter((each) => each.needs_answer).map((each) => each.kind)).size;

/** A warning in the reader's own dates. @param {any} warning */
export function warned(warning) {
  if (warning.code !== "same_file") return warning.message;
  return `The same file was imported before, as “${warning.filename}”, on ${time(warning.committed_at)}${warning.status === "rolled_back" ? ". That import was taken back" : ""}.`;
}

/** The state of a preview in one sentence. @param {any} preview */
export function verdict(preview) {
  const { total_rows: total, valid_rows: valid, invalid_rows: invalid } = preview;
  if (preview.state === "unreadable") return "This file cannot be read.";
  if (!total) return "There are no rows in this file.";
  const open = openQuestions(preview);
  if (open) return `${plural(total, "row")} found, and ${plural(open, "question")} for you.`;
  if (!invalid) return total === 1 ? "The one row can be imported." : `All ${count(total)} rows can be imported.`;
  return `${count(valid)} of ${plural(total, "row")} can be imported, ${count(invalid)} ${invalid === 1 ? "needs" : "need"} attention.`;
}
