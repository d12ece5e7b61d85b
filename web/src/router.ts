import { signal } from "@preact/signals";

/** Which page is shown. Its address stands behind the `#`, which no server and no proxy needs to know. */
export type Route =
  | { page: "jobs"; query: URLSearchParams }
  | { page: "new" }
  | { page: "job"; id: string; query: URLSearchParams }
  | { page: "exports"; ids: string[] }
  | { page: "system" }
  | { page: "unknown"; path: string };

export function routeOf(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const query = new URLSearchParams(search);
  const [first = "", ...rest] = path.split("/").map(decode);
  if (first === "" || (first === "jobs" && rest.length === 0)) return { page: "jobs", query };
  if (first === "new" && rest.length === 0) return { page: "new" };
  if (first === "jobs" && rest.length === 1 && rest[0]) return { page: "job", id: rest[0], query };
  if (first === "exports" && rest.length === 0) return { page: "exports", ids: query.getAll("job") };
  if (first === "system" && rest.length === 0) return { page: "system" };
  return { page: "unknown", path };
}

export const route = signal<Route>(routeOf(location.hash));

export const hrefs = {
  jobs: (query?: Record<string, string>) => withQuery("#/jobs", query),
  newJob: () => "#/new",
  job: (id: string, query?: Record<string, string>) => withQuery(`#/jobs/${encodeURIComponent(id)}`, query),
  exports: (ids: readonly string[] = []) =>
    withQuery(
      "#/exports",
      ids.map((id): [string, string] => ["job", id]),
    ),
  system: () => "#/system",
};

/** Go to a page; `replace` leaves no way back to this one. */
export function go(href: string, replace = false): void {
  if (replace) location.replace(`${location.pathname}${location.search}${href}`);
  else location.hash = href;
}

export function followAddress(): void {
  addEventListener("hashchange", () => {
    route.value = routeOf(location.hash);
  });
}

const SIGN_IN = /^#\/sign-in\?code=(.+)$/;

/** The code of a one-time link, taken out of the address bar and out of the history at once. */
export function takeCode(): string | null {
  const code = SIGN_IN.exec(location.hash)?.[1];
  if (code === undefined) return null;
  history.replaceState(null, "", `${location.pathname}${location.search}${hrefs.jobs()}`);
  route.value = routeOf(location.hash);
  return decode(code);
}

function withQuery(path: string, query?: Record<string, string> | [string, string][]): string {
  const text = new URLSearchParams(query ?? {}).toString();
  return text ? `${path}?${text}` : path;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
