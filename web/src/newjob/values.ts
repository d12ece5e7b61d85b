import type { Field } from "./fields";

/**
 * What stands in a control, as it was typed: text of numbers, texts, choices (`null` is the empty text), lists (one per line) and JSON;
 * true or false of a switch; of rows, each one's controls by name.
 */
export type Draft = string | boolean | readonly Row[];
export type Row = Readonly<Record<string, Draft>>;
/** Of one pipeline: the controls that were touched, by the option's path. */
export type Drafts = Readonly<Record<string, Draft>>;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** What a control means. What cannot be read is given as it was typed: the server says what is wrong with it. */
export function meaningOf(field: Field, draft: Draft): unknown {
  if (Array.isArray(draft)) return (draft as readonly Row[]).map((row) => objectOf(field.fields, row));
  if (typeof draft !== "string") return draft;
  if (field.kind === "text") return draft === "" && field.nullable ? null : draft;
  if (field.kind === "list") {
    const lines = draft.split("\n").map((line) => line.trim());
    return lines
      .filter((line) => line !== "")
      .map((line) => (field.lines === "text" ? line : readNumber(line)));
  }
  const text = draft.trim();
  if (text === "" && field.nullable) return null;
  if (field.kind === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (field.kind === "number" || field.kind === "integer") return readNumber(text);
  if (field.kind === "choice") return field.choices.find((choice) => String(choice) === text) ?? text;
  return readJson(draft);
}

/** What stands in a control that has a value. */
export function draftOf(field: Field, value: unknown): Draft {
  if (field.kind === "rows" && Array.isArray(value))
    return value.map((one) =>
      Object.fromEntries(field.fields.map((part) => [part.name, draftOf(part, partOf(one, part))])),
    );
  if (field.kind === "boolean" && !field.nullable && typeof value === "boolean") return value;
  if (field.kind === "json") return value === null ? "" : JSON.stringify(value, null, 1);
  if (field.kind === "list" && Array.isArray(value)) return value.map(String).join("\n");
  if (value === null || value === undefined) return field.kind === "boolean" && !field.nullable ? false : "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Whether a control means something else than the option's default. */
export function isChanged(field: Field, drafts: Drafts): boolean {
  const draft = drafts[field.path];
  return draft !== undefined && !isEqual(meaningOf(field, draft), field.fallback);
}

/** What is sent of one pipeline: the values that are not the defaults. */
export function optionsOf(fields: readonly Field[], drafts: Drafts): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const field of fields) {
    if (field.kind === "group") {
      const inside = optionsOf(field.fields, drafts);
      if (Object.keys(inside).length > 0) options[field.name] = inside;
    } else if (isChanged(field, drafts)) options[field.name] = meaningOf(field, drafts[field.path] ?? "");
  }
  return options;
}

/** The controls that hold these options, and the paths of options that there are not. */
export function draftsOf(
  fields: readonly Field[],
  options: unknown,
  prefix = "",
): { drafts: Record<string, Draft>; unknown: string[] } {
  const drafts: Record<string, Draft> = {};
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(isObject(options) ? options : {})) {
    const field = fields.find((one) => one.name === name);
    if (field === undefined) unknown.push(prefix === "" ? name : `${prefix}.${name}`);
    else if (field.kind === "group" && isObject(value)) {
      const inside = draftsOf(field.fields, value, field.path);
      Object.assign(drafts, inside.drafts);
      unknown.push(...inside.unknown);
    } else drafts[field.path] = draftOf(field, value);
  }
  return { drafts, unknown };
}

/** All options that have a control, with those inside groups. */
export function flat(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => (field.kind === "group" ? flat(field.fields) : [field]));
}

/** Rows send every value that is not the default, and those that must be there. */
function objectOf(fields: readonly Field[], row: Row): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const field of fields) {
    const draft = row[field.name];
    const value = draft === undefined ? field.fallback : meaningOf(field, draft);
    if (field.required || !isEqual(value, field.fallback)) object[field.name] = value ?? "";
  }
  return object;
}

function partOf(row: unknown, field: Field): unknown {
  return isObject(row) && field.name in row ? row[field.name] : field.fallback;
}

function readNumber(text: string): unknown {
  return NUMBER.test(text) ? Number(text) : text;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((value, at) => isEqual(value, other[at]));
  if (!isObject(one) || !isObject(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => name in other && isEqual(one[name], other[name]))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
