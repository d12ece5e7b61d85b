import { Control } from "./Control";
import type { Field } from "./fields";
import { focusFirst } from "./focus";
import { draftOf, type Row } from "./values";

interface Props {
  id: string;
  field: Field;
  rows: readonly Row[];
  invalid: boolean;
  describedBy: string;
  onChange: (rows: readonly Row[]) => void;
}

/** A list whose entries have several values each, such as names of speakers. */
export function Rows({ id, field, rows, invalid, describedBy, onChange }: Props) {
  const put = (at: number, name: string, value: Row[string]) =>
    onChange(rows.map((row, index) => (index === at ? { ...row, [name]: value } : row)));
  return (
    <div class="stack">
      {rows.map((row, at) => (
        <fieldset key={at} class="group">
          <legend>
            {field.label} {at + 1}
          </legend>
          <div class="options">
            {field.fields.map((part) => {
              const partId = `${id}-${at}-${part.name}`;
              return (
                <div class="option" key={part.name}>
                  <label for={partId} class="option-label">
                    {part.label}
                    {part.unit && <span class="quiet"> ({part.unit})</span>}
                  </label>
                  <Control
                    id={partId}
                    field={part}
                    draft={row[part.name] ?? draftOf(part, part.fallback)}
                    invalid={invalid}
                    describedBy={`${partId}-about ${describedBy}`}
                    onChange={(value) => put(at, part.name, value)}
                  />
                  <p id={`${partId}-about`} class="quiet small">
                    {part.description} {part.accepts}
                  </p>
                </div>
              );
            })}
          </div>
          <button
            type="button"
            aria-label={`Remove ${field.label} ${at + 1}`}
            onClick={() => {
              onChange(rows.filter((_, index) => index !== at));
              focusFirst(id);
            }}
          >
            Remove
          </button>
        </fieldset>
      ))}
      <p class="actions">
        <button
          type="button"
          id={id}
          aria-label={`Add one to ${field.label}`}
          aria-describedby={describedBy}
          onClick={() => {
            const empty = field.fields.map((part) => [part.name, draftOf(part, part.fallback)]);
            onChange([...rows, Object.fromEntries(empty) as Row]);
            const [first] = field.fields;
            if (first) focusFirst(`${id}-${rows.length}-${first.name}`);
          }}
        >
          Add one
        </button>
      </p>
    </div>
  );
}
