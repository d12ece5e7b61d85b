import { computed, effect, signal } from "@preact/signals";
import { get } from "../api/client";
import type { PipelineInfo } from "../api/documents";
import { isSignedIn, signInRequest } from "../api/session";
import { type Field, fieldsOf } from "./fields";
import type { Recipe } from "./item";
import { type Draft, type Drafts, isChanged, optionsOf } from "./values";

/** What was chosen and typed. It lies outside of the page, and in the tab's storage: neither another page nor a reload loses it. */

const STORED = "videoannotator.newjob.form";

interface Form {
  /** The pipelines that run, by name; null until the user or the server has said which. */
  selection: readonly string[] | null;
  drafts: Readonly<Record<string, Drafts>>;
  tags: string;
  overlay: boolean;
}

const EMPTY: Form = { selection: null, drafts: {}, tags: "", overlay: false };

export const pipelines = signal<readonly PipelineInfo[] | null>(null);
export const form = signal<Form>(stored());

export const fields = computed<Readonly<Record<string, readonly Field[]>>>(() =>
  Object.fromEntries((pipelines.value ?? []).map((info) => [info.name, fieldsOf(info.config_schema)])),
);

export const selection = computed<readonly string[]>(() => form.value.selection ?? defaults(pipelines.value));

/** Selected pipelines whose work another selected one does, with that one's name. */
export const included = computed(() => includedIn(selection.value, fields.value));

/** What a job would be told. */
export const recipe = computed<Recipe>(() => ({
  selected_pipelines: [...selection.value],
  config: configOf(),
  tags: tagsIn(form.value.tags),
  overlay: form.value.overlay,
}));

export async function loadPipelines(): Promise<void> {
  pipelines.value = (await get<{ pipelines: PipelineInfo[] }>("pipelines")).pipelines;
}

export function select(name: string, selected: boolean): void {
  const others = selection.value.filter((other) => other !== name);
  set({ selection: selected ? [...others, name] : others });
}

export function write(pipeline: string, path: string, draft: Draft): void {
  set({
    drafts: { ...form.value.drafts, [pipeline]: { ...form.value.drafts[pipeline], [path]: draft } },
  });
}

/** Back to the default. */
export function reset(pipeline: string, path: string): void {
  const { [path]: _, ...others } = form.value.drafts[pipeline] ?? {};
  set({ drafts: { ...form.value.drafts, [pipeline]: others } });
}

export function set(changes: Partial<Form>): void {
  form.value = { ...form.value, ...changes };
}

export function countChanged(pipeline: string): number {
  const drafts = form.value.drafts[pipeline] ?? {};
  return inside(fields.value[pipeline] ?? []).filter((field) => isChanged(field, drafts)).length;
}

/** The words by which a job can be found, as they were typed: with commas between. */
export function tagsIn(text: string): string[] {
  const tags = text.split(",").map((tag) => tag.trim());
  return [...new Set(tags.filter((tag) => tag !== ""))];
}

/** A pipeline contains those that its groups of options are named after. */
export function includedIn(
  selected: readonly string[],
  known: Readonly<Record<string, readonly Field[]>>,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const container of selected)
    for (const field of known[container] ?? [])
      if (field.kind === "group" && field.name in known && selected.includes(field.name))
        found.set(field.name, container);
  return found;
}

export function defaults(infos: readonly PipelineInfo[] | null): string[] {
  return (infos ?? []).filter((info) => info.default_enabled && info.available).map((info) => info.name);
}

function configOf(): Recipe["config"] {
  const config: Recipe["config"] = {};
  for (const name of selection.value) {
    if (included.value.has(name)) continue; // its options are those inside the pipeline that does its work
    const options = optionsOf(fields.value[name] ?? [], form.value.drafts[name] ?? {});
    if (Object.keys(options).length > 0) config[name] = options;
  }
  return config;
}

function inside(some: readonly Field[]): Field[] {
  return some.flatMap((field) => (field.kind === "group" ? inside(field.fields) : [field]));
}

function stored(): Form {
  try {
    return { ...EMPTY, ...(JSON.parse(sessionStorage.getItem(STORED) ?? "{}") as Partial<Form>) };
  } catch {
    return EMPTY;
  }
}

effect(() => {
  if (isSignedIn.value || signInRequest.value !== null)
    sessionStorage.setItem(STORED, JSON.stringify(form.value));
  else {
    sessionStorage.removeItem(STORED);
    pipelines.value = null;
    if (form.peek() !== EMPTY) form.value = EMPTY;
  }
});
