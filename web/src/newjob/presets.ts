import { signal } from "@preact/signals";
import type { Finding, PipelineInfo } from "../api/documents";
import type { Field } from "./fields";
import type { Recipe } from "./item";
import { type Drafts, draftsOf } from "./values";

/** Selections of pipelines with their options, kept in this browser under a name, and passed on as files. */

const STORED = "videoannotator.presets";
const MARK = "videoannotator_preset";
const LARGEST_BYTES = 1_000_000;

export interface Preset {
  name: string;
  selected_pipelines: string[];
  config: Recipe["config"];
}

/** A preset in the terms of this server, and what this server does not know of it. */
export interface Fitted {
  selection: string[];
  drafts: Record<string, Drafts>;
  unknown: string[];
}

export const presets = signal<readonly Preset[]>(stored());

export function keep(preset: Preset): void {
  save([...presets.value.filter((other) => other.name !== preset.name), preset]);
}

export function rename(before: string, name: string): void {
  const others = presets.value.filter((preset) => preset.name !== name || name === before);
  save(others.map((preset) => (preset.name === before ? { ...preset, name } : preset)));
}

export function removePreset(name: string): void {
  save(presets.value.filter((preset) => preset.name !== name));
}

/** The file that can be passed on. */
export function fileOf(preset: Preset): { name: string; text: string } {
  const { name, selected_pipelines, config } = preset;
  const plain = name.replace(/[^\p{L}\p{N} ._-]+/gu, "_").replace(/^\.+/, "") || "preset";
  const document = { [MARK]: 1, name, selected_pipelines, config };
  return { name: `${plain.slice(0, 80)}.preset.json`, text: `${JSON.stringify(document, null, 2)}\n` };
}

/**
 * The preset in a file.
 *
 * @throws Error why it is none, in words for people.
 */
export function presetIn(text: string, fileName: string): Preset {
  if (text.length > LARGEST_BYTES) throw new Error(`“${fileName}” is too large to be a preset.`);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error(`“${fileName}” is no preset: it holds no JSON.`);
  }
  if (!isObject(document) || !(MARK in document))
    throw new Error(`“${fileName}” is no preset: it does not say "${MARK}": 1.`);
  if (document[MARK] !== 1)
    throw new Error(
      `“${fileName}” is a preset of a kind that this version does not know: ${String(document[MARK])}.`,
    );
  const { name, selected_pipelines: selected, config } = document;
  if (!Array.isArray(selected) || !selected.every((one) => typeof one === "string"))
    throw new Error(`“${fileName}” does not say which pipelines it selects.`);
  if (!isObject(config) || !Object.values(config).every(isObject))
    throw new Error(`The options in “${fileName}” are not of the form {pipeline: {option: value}}.`);
  const called = typeof name === "string" && name.trim() !== "" ? name.trim().slice(0, 100) : fileName;
  return { name: called, selected_pipelines: selected as string[], config: config as Preset["config"] };
}

/** Put a preset in today's names, and find what this server does not know. `warnings` of the server name former names of options. */
export function fitted(
  preset: Preset,
  infos: readonly PipelineInfo[],
  fields: Readonly<Record<string, readonly Field[]>>,
  warnings: readonly Finding[] = [],
): Fitted {
  const today = (name: string) =>
    infos.find((info) => info.name === name || info.former_names.includes(name))?.name;
  const found: Fitted = { selection: [], drafts: {}, unknown: [] };
  for (const name of preset.selected_pipelines) {
    const known = today(name);
    if (known === undefined) found.unknown.push(name);
    else if (!found.selection.includes(known)) found.selection.push(known);
  }
  for (const [name, options] of Object.entries(preset.config)) {
    const known = today(name);
    if (known === undefined) {
      if (!found.unknown.includes(name)) found.unknown.push(name);
      continue;
    }
    const renamed = Object.fromEntries(
      Object.entries(options).map(([option, value]) => [formerly(known, option, warnings) ?? option, value]),
    );
    const { drafts, unknown } = draftsOf(fields[known] ?? [], renamed);
    found.drafts[known] = { ...found.drafts[known], ...drafts };
    found.unknown.push(...unknown.map((path) => `${known}.${path}`));
  }
  return found;
}

function formerly(pipeline: string, option: string, warnings: readonly Finding[]): string | null {
  const said = warnings.find(
    (warning) =>
      warning.code === "DEPRECATED_NAME" && warning.pipeline === pipeline && warning.field === option,
  );
  return said?.suggestion ?? null;
}

function save(next: readonly Preset[]): void {
  presets.value = [...next].sort((a, b) => a.name.localeCompare(b.name));
  localStorage.setItem(STORED, JSON.stringify(presets.value));
}

function stored(): Preset[] {
  try {
    const found = JSON.parse(localStorage.getItem(STORED) ?? "[]") as unknown;
    return Array.isArray(found) ? (found as Preset[]) : [];
  } catch {
    return [];
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
