export function Exports({ ids }: { ids: string[] }) {
  return <h1>Exports {ids.length}</h1>;
}
