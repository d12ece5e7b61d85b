const API = "/api/v1/";

/** Where the app lies, with a slash at its end; a proxy may have put a path before it. */
export function rootOf(page: string = document.baseURI): URL {
  const root = new URL(".", page);
  root.hash = "";
  root.search = "";
  return root;
}

/**
 * The whole address of a route: of a path below `/api/v1/` (`jobs/…`), or of one that the server itself gave (`/…/api/v1/jobs/…`).
 * The server's own paths are counted from wherever the app lies, so that a prefix it does not know of does no harm.
 */
export function addressOf(path: string, page?: string): string {
  const at = path.indexOf(API);
  const inside = at >= 0 ? path.slice(at + API.length) : path.replace(/^\//, "");
  return new URL(`.${API}${inside}`, rootOf(page)).href;
}
