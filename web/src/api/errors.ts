/** The server's one error format (`docs/usage/errors.md`). */
export interface ErrorBody {
  code: string;
  message: string;
  hint: string | null;
  field: string | null;
  detail: Record<string, unknown> | null;
  request_id: string | null;
}

/** What the server, or the way to it, said went wrong. `message` and `hint` are meant for people. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string | null = null,
    readonly field: string | null = null,
    readonly detail: Record<string, unknown> = {},
    readonly requestId: string | null = null,
    /** The whole answer, where it says more than what went wrong: a health report, for one. */
    readonly document: unknown = null,
  ) {
    super(message);
  }
}

/** The error in an answer that is not a success, whatever its body is. */
export async function errorOf(answer: Response): Promise<ApiError> {
  const text = await answer.text();
  return errorFrom(answer.status, text, answer.headers.get("X-Request-ID"));
}

export function errorFrom(status: number, text: string, requestId: string | null = null): ApiError {
  try {
    const document = JSON.parse(text) as { error: ErrorBody };
    const { error } = document;
    return new ApiError(
      status,
      error.code,
      error.message,
      error.hint,
      error.field,
      error.detail ?? {},
      error.request_id,
      document,
    );
  } catch {
    // not our server's words: a proxy's page, or nothing
    const hint = "Something between this page and the server may have answered; try again, or ask its admin.";
    return new ApiError(
      status,
      "NOT_OUR_ANSWER",
      `The server answered with status ${status}.`,
      hint,
      null,
      {},
      requestId,
    );
  }
}

/** The server did not answer at all. */
export function unreachable(): ApiError {
  return new ApiError(
    0,
    "UNREACHABLE",
    "The server does not answer.",
    "Check that `videoannotator server` runs and that this computer is connected, then try again. Nothing you typed is lost.",
  );
}
