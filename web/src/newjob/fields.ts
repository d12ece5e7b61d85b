/** From a pipeline's JSON Schema to what a form shows. Everything here is a pure function of the schema. */

export type Schema = Readonly<Record<string, unknown>>;

export type Kind = "number" | "integer" | "text" | "boolean" | "choice" | "list" | "rows" | "group" | "json";

/** One option, or a group of them. */
export interface Field {
  /** Dotted inside groups, as the server names it in what it finds. */
  readonly path: string;
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly unit: string | null;
  readonly kind: Kind;
  readonly nullable: boolean;
  readonly required: boolean;
  readonly fallback: unknown;
  /** What is accepted, in words; empty when the kind says it all. */
  readonly accepts: string;
  readonly choices: readonly (string | number)[];
  /** Of a group, or of one row. */
  readonly fields: readonly Field[];
  /** Of a list: what each line is. */
  readonly lines: "text" | "number" | "integer";
}

const UNITS: Readonly<Record<string, string>> = {
  s: "s",
  ms: "ms",
  hz: "Hz",
  khz: "kHz",
  px: "px",
  db: "dB",
  dbfs: "dBFS",
  gb: "GB",
  mb: "MB",
  deg: "°",
  percent: "%",
};
const DEEPEST = 6;

/** The options of a pipeline. */
export function fieldsOf(schema: Schema | null): Field[] {
  return schema === null ? [] : propertiesOf(schema, schema, "", {}, 0);
}

function propertiesOf(
  owner: Schema,
  root: Schema,
  prefix: string,
  defaults: Readonly<Record<string, unknown>>,
  depth: number,
): Field[] {
  const required = Array.isArray(owner.required) ? (owner.required as string[]) : [];
  return Object.entries(objectOf(owner.properties)).map(([name, schema]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    return fieldOf(
      { path, name, required: required.includes(name), defaults },
      schema as Schema,
      root,
      depth,
    );
  });
}

interface Place {
  path: string;
  name: string;
  required: boolean;
  defaults: Readonly<Record<string, unknown>>;
}

function fieldOf(place: Place, given: Schema, root: Schema, depth: number): Field {
  const { schema, nullable } = core(given, root);
  const kind = depth > DEEPEST ? "json" : kindOf(schema, root);
  const { label, unit } = named(place.name);
  const fallback = place.name in place.defaults ? place.defaults[place.name] : (schema.default ?? null);
  const inner = kind === "group" ? objectOf(fallback) : {};
  const rows = kind === "rows" ? core(objectOf(schema.items), root).schema : null;
  const fields =
    kind === "group"
      ? propertiesOf(schema, root, place.path, inner, depth + 1)
      : rows
        ? propertiesOf(rows, root, "", {}, depth + 1)
        : [];
  return {
    path: place.path,
    name: place.name,
    label,
    unit,
    description: typeof schema.description === "string" ? schema.description : "",
    kind,
    nullable,
    required: place.required,
    fallback,
    accepts: acceptsOf(schema, kind, nullable),
    choices: choicesOf(schema),
    fields,
    lines: kind === "list" ? linesOf(schema, root) : "text",
  };
}

/** A schema without the detours: references followed, `null` as an alternative noted and taken out. */
function core(given: Schema, root: Schema): { schema: Schema; nullable: boolean } {
  let schema = given;
  let nullable = false;
  for (let step = 0; step < DEEPEST; step += 1) {
    const { $ref, allOf, anyOf, oneOf, ...own } = schema;
    if (typeof $ref === "string") schema = { ...resolved($ref, root), ...own };
    else if (Array.isArray(allOf) && allOf.length === 1) schema = { ...(allOf[0] as Schema), ...own };
    else {
      const ways = (anyOf ?? oneOf) as Schema[] | undefined;
      const rest = ways?.filter((way) => way.type !== "null");
      if (ways === undefined || rest === undefined) break;
      nullable ||= rest.length < ways.length;
      if (rest.length !== 1) break;
      schema = { ...rest[0], ...own };
    }
  }
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== "null");
    nullable ||= types.length < schema.type.length;
    if (types.length === 1) schema = { ...schema, type: types[0] };
  }
  return { schema, nullable };
}

function resolved(reference: string, root: Schema): Schema {
  const steps = reference.replace(/^#\/?/, "").split("/");
  return steps.reduce<Schema>((at, step) => objectOf(at[step.replace(/~1/g, "/").replace(/~0/g, "~")]), root);
}

function kindOf(schema: Schema, root: Schema): Kind {
  if (Array.isArray(schema.enum) || "const" in schema) return "choice";
  if (schema.anyOf ?? schema.oneOf) return "json";
  switch (schema.type) {
    case "number":
    case "integer":
    case "boolean":
      return schema.type;
    case "string":
      return "text";
    case "object":
      return Object.keys(objectOf(schema.properties)).length > 0 ? "group" : "json";
    case "array": {
      const item = core(objectOf(schema.items), root).schema;
      if (Array.isArray(item.enum) || item.anyOf) return "json";
      if (item.type === "string" || item.type === "number" || item.type === "integer") return "list";
      return item.type === "object" && Object.keys(objectOf(item.properties)).length > 0 ? "rows" : "json";
    }
    default:
      return "json";
  }
}

function linesOf(schema: Schema, root: Schema): Field["lines"] {
  const { type } = core(objectOf(schema.items), root).schema;
  return type === "number" || type === "integer" ? type : "text";
}

function choicesOf(schema: Schema): (string | number)[] {
  if ("const" in schema) return [schema.const as string];
  return Array.isArray(schema.enum)
    ? schema.enum.filter((choice) => typeof choice === "string" || typeof choice === "number")
    : [];
}

function acceptsOf(schema: Schema, kind: Kind, nullable: boolean): string {
  const empty = nullable ? " Empty: left out." : "";
  if (kind === "number" || kind === "integer") return `${boundsOf(schema)}${empty}`.trim();
  if (kind === "list") return "One per line.";
  if (kind === "json") return "JSON.";
  return empty.trim();
}

function boundsOf(schema: Schema): string {
  const number = (value: unknown) => (typeof value === "number" ? value : null);
  const least = number(schema.minimum);
  const most = number(schema.maximum);
  const above = number(schema.exclusiveMinimum);
  const below = number(schema.exclusiveMaximum);
  const parts: string[] = [];
  if (least !== null && most !== null) parts.push(`${least} to ${most}`);
  else if (least !== null) parts.push(`${least} or more`);
  else if (most !== null) parts.push(`${most} or less`);
  if (above !== null) parts.push(`more than ${above}`);
  if (below !== null) parts.push(`less than ${below}`);
  const text = parts.join(", ");
  return text === "" ? "" : `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

/** `min_speaker_s` is "Min speaker", in s. */
export function named(name: string): { label: string; unit: string | null } {
  const words = name.split("_").filter(Boolean);
  const last = words.at(-1) ?? "";
  const unit = words.length > 1 ? (UNITS[last] ?? null) : null;
  const shown = (unit === null ? words : words.slice(0, -1)).join(" ");
  return { label: shown === "" ? name : `${shown[0]?.toUpperCase()}${shown.slice(1)}`, unit };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
