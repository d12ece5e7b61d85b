import { Control } from "./Control";
import { findingsAt, verdict } from "./checking";
import { Findings } from "./Findings";
import type { Field } from "./fields";
import { reset, write } from "./form";
import { Rows } from "./Rows";
import { type Draft, type Drafts, draftOf, isChanged, type Row } from "./values";

interface Props {
  pipeline: string;
  field: Field;
  drafts: Drafts;
}

/** One option: its control with all that belongs to it. */
export function OptionField({ pipeline, field, drafts }: Props) {
  const id = idOf(pipeline, field.path);
  const draft = drafts[field.path] ?? draftOf(field, field.fallback);
  const changed = isChanged(field, drafts);
  const wrong = findingsAt(verdict.value.errors, pipeline, field.path).length > 0;
  const said = wrong || findingsAt(verdict.value.warnings, pipeline, field.path).length > 0;
  const describedBy = [`${id}-about`, ...(said ? [`${id}-said`] : [])].join(" ");
  const put = (next: Draft) => write(pipeline, field.path, next);
  return (
    <div class={`option of-${field.kind}${changed ? " changed" : ""}`}>
      <div class="spread option-head">
        {field.kind === "rows" ? (
          <span class="option-label">{field.label}</span>
        ) : (
          <label for={id} class="option-label">
            {field.label}
            {field.unit && <span class="quiet"> ({field.unit})</span>}
          </label>
        )}
        {changed && (
          <button
            type="button"
            class="plain small"
            aria-label={`Reset to ${shown(field)}: ${field.label}`}
            onClick={() => {
              reset(pipeline, field.path);
              document.getElementById(id)?.focus();
            }}
          >
            Reset to {shown(field)}
          </button>
        )}
      </div>
      {field.kind === "rows" ? (
        <Rows
          id={id}
          field={field}
          rows={rowsOf(draft)}
          invalid={wrong}
          describedBy={describedBy}
          onChange={put}
        />
      ) : (
        <Control
          id={id}
          field={field}
          draft={draft}
          invalid={wrong}
          describedBy={describedBy}
          onChange={put}
        />
      )}
      <p id={`${id}-about`} class="quiet small">
        {field.description} {field.accepts} <code>{field.path}</code>
      </p>
      <Findings
        all={verdict.value}
        pipeline={pipeline}
        field={field.path}
        id={`${id}-said`}
        onApply={(value) => {
          put(draftOf(field, value));
          document.getElementById(id)?.focus();
        }}
      />
    </div>
  );
}

export function idOf(pipeline: string, path: string): string {
  return `option-${pipeline}-${path}`;
}

function rowsOf(draft: Draft): readonly Row[] {
  return Array.isArray(draft) ? (draft as readonly Row[]) : [];
}

function shown(field: Field): string {
  const value = field.fallback;
  if (field.kind === "boolean" && typeof value === "boolean") return value ? "on" : "off";
  if (value === null || value === "" || (Array.isArray(value) && value.length === 0)) return "empty";
  return typeof value === "object" ? "the default" : `${String(value)}${field.unit ? ` ${field.unit}` : ""}`;
}
