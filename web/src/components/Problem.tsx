import { ApiError } from "../api/errors";

/** What went wrong and what to do about it, in the server's own words. */
export function Problem({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const said = error instanceof ApiError ? error : null;
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{error.message}</strong>
      </p>
      {said?.hint && <p>{said.hint}</p>}
      {said && said.code !== "UNREACHABLE" && (
        <p class="quiet small">
          {said.code}
          {said.requestId && ` · request ${said.requestId}`}
        </p>
      )}
      {onRetry && (
        <button type="button" onClick={() => onRetry()}>
          Try again
        </button>
      )}
    </div>
  );
}
