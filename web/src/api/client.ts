import { addressOf } from "./address";
import { type ApiError, errorOf, unreachable } from "./errors";
import { key, keyNeeded, signInAgain } from "./session";

interface Options {
  method?: "GET" | "POST" | "DELETE";
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * Ask the server. When it no longer takes the key, the user is asked for one and the request is sent again, so that no work is lost.
 *
 * @throws ApiError what the server said; DOMException when `signal` aborted.
 */
export async function ask(path: string, options: Options = {}): Promise<Response> {
  for (;;) {
    const answer = await send(path, options);
    if (answer.ok) return answer;
    const error = await errorOf(answer);
    if (error.status !== 401 || keyNeeded.value === false || !(await signInAgain(reasonOf(error))))
      throw error;
  }
}

/** Ask the server for a JSON document. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await ask(path, signal ? { signal } : {});
  return (await answer.json()) as T;
}

/** Send a JSON document; gives the answer's. */
export async function post<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
  const answer = await ask(path, {
    method: "POST",
    ...(body === undefined ? {} : { body }),
    ...(headers ? { headers } : {}),
  });
  return (await answer.json()) as T;
}

/** Delete what is there. */
export async function remove(path: string): Promise<void> {
  await ask(path, { method: "DELETE" });
}

/** The headers that carry the key, for code that sends requests itself. */
export function keyHeaders(): Record<string, string> {
  return key.value === null ? {} : { Authorization: `Bearer ${key.value}` };
}

/** Save the answer as a file. */
export async function download(path: string, fallbackName: string): Promise<void> {
  const answer = await ask(path);
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = nameIn(answer.headers.get("Content-Disposition")) ?? fallbackName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function nameIn(disposition: string | null): string | null {
  const encoded = disposition?.match(/filename\*=utf-8''([^;]+)/i)?.[1];
  if (encoded !== undefined) return decodeURIComponent(encoded);
  return disposition?.match(/filename="([^"]*)"/i)?.[1] ?? null;
}

async function send(path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { ...keyHeaders(), ...options.headers };
  const request: RequestInit = { method: options.method ?? "GET", headers };
  if (options.signal) request.signal = options.signal;
  if (options.body !== undefined) {
    headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(options.body);
  }
  try {
    return await fetch(addressOf(path), request);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw unreachable();
  }
}

function reasonOf(error: ApiError): string {
  return key.value === null
    ? error.message
    : "The server no longer takes your key: it was revoked or has expired.";
}
