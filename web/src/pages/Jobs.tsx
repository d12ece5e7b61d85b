export function Jobs({ query }: { query: URLSearchParams }) {
  return <h1>Jobs {query.get("q")}</h1>;
}
