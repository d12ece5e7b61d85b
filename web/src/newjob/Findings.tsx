import type { Finding } from "../api/documents";
import { findingsAt, type Verdict } from "./checking";

interface Props {
  all: Verdict;
  pipeline: string;
  field: string;
  id?: string;
  /** Put a value into the control that the finding is about. */
  onApply?: (value: unknown) => void;
}

/** What the server says about one place of the form: errors and warnings, with what to do. */
export function Findings({ all, pipeline, field, id, onApply }: Props) {
  const errors = findingsAt(all.errors, pipeline, field);
  const warnings = findingsAt(all.warnings, pipeline, field);
  if (errors.length + warnings.length === 0) return null;
  return (
    <div id={id} class="findings">
      {errors.map((finding) => (
        <One key={finding.message} finding={finding} isError onApply={onApply} />
      ))}
      {warnings.map((finding) => (
        <One key={finding.message} finding={finding} isError={false} onApply={onApply} />
      ))}
    </div>
  );
}

interface OneProps {
  finding: Finding;
  isError: boolean;
  onApply: ((value: unknown) => void) | undefined;
}

function One({ finding, isError, onApply }: OneProps) {
  const value = finding.suggested_value;
  const canApply = isError && onApply !== undefined && value !== null && value !== undefined;
  return (
    <div class={isError ? "problem" : "notice"}>
      <p>
        <strong>{finding.message}</strong>
      </p>
      {finding.hint && <p>{finding.hint}</p>}
      {canApply && (
        <button type="button" onClick={() => onApply(value)}>
          Use {typeof value === "string" ? `“${value}”` : JSON.stringify(value)}
        </button>
      )}
    </div>
  );
}
