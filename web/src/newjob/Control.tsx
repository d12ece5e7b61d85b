import type { Field } from "./fields";
import type { Draft } from "./values";

interface Props {
  id: string;
  field: Field;
  draft: Draft;
  invalid: boolean;
  describedBy: string;
  onChange: (draft: Draft) => void;
}

const LINES = 3;

/** The control of one value. Numbers are typed into text controls: what is wrong with them stays to be seen and corrected. */
export function Control({ id, field, draft, invalid, describedBy, onChange }: Props) {
  const common = { id, "aria-invalid": invalid, "aria-describedby": describedBy };
  const text = typeof draft === "string" ? draft : JSON.stringify(draft);
  if (typeof draft === "boolean")
    return (
      <input
        {...common}
        type="checkbox"
        checked={draft}
        onInput={(event) => onChange(event.currentTarget.checked)}
      />
    );
  if (field.kind === "choice" || field.kind === "boolean") {
    const choices = field.kind === "boolean" ? ["true", "false"] : field.choices.map(String);
    const offered = text === "" || choices.includes(text) ? choices : [...choices, text];
    return (
      <select {...common} value={text} onInput={(event) => onChange(event.currentTarget.value)}>
        {(field.nullable || text === "") && <option value="">–</option>}
        {offered.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  if (field.kind === "list" || field.kind === "json")
    return (
      <textarea
        {...common}
        rows={LINES}
        spellcheck={false}
        value={text}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    );
  return (
    <input
      {...common}
      type="text"
      inputMode={field.kind === "integer" ? "numeric" : field.kind === "number" ? "decimal" : "text"}
      autoComplete="off"
      spellcheck={false}
      value={text}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
  );
}
