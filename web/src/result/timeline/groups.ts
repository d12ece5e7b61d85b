import { signal } from "@preact/signals";
import type { Group } from "./rows";

const STORED = "videoannotator.tracks-hidden";

/** Which groups of rows the reader does not want to see; kept on this computer. */
export const hiddenGroups = signal<ReadonlySet<Group>>(stored());

export function toggleGroup(group: Group): void {
  const next = new Set(hiddenGroups.value);
  if (!next.delete(group)) next.add(group);
  hiddenGroups.value = next;
  localStorage.setItem(STORED, JSON.stringify([...next]));
}

function stored(): ReadonlySet<Group> {
  try {
    const found = JSON.parse(localStorage.getItem(STORED) ?? "[]") as unknown;
    return new Set(Array.isArray(found) ? (found as Group[]) : []);
  } catch {
    return new Set();
  }
}
