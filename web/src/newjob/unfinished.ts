import { signal } from "@preact/signals";
import { ask, get } from "../api/client";
import type { Picked } from "./picking";

/** An upload of an earlier visit, or of another place where the same key is used, of which no job was made. */
export interface Unfinished {
  id: string;
  name: string;
  size: number;
  offset: number;
  complete: boolean;
  expiresAt: string;
}

interface UploadDocument {
  id: string;
  filename: string | null;
  size_bytes: number;
  offset_bytes: number;
  complete: boolean;
  expires_at: string;
}

export const unfinished = signal<readonly Unfinished[]>([]);

/** Ask the server which there are; those in `known` are in the list already. */
export async function lookForUnfinished(known: () => ReadonlySet<string>): Promise<void> {
  const { uploads } = await get<{ uploads: UploadDocument[] }>("uploads");
  const here = known();
  unfinished.value = uploads
    .filter((upload) => !here.has(upload.id))
    .map((upload) => ({
      id: upload.id,
      name: upload.filename ?? "a recording without a name",
      size: upload.size_bytes,
      offset: upload.offset_bytes,
      complete: upload.complete,
      expiresAt: upload.expires_at,
    }));
}

/** Of files that were chosen, which may be the rest of which upload, and which are none. */
export function matched(
  picked: readonly Picked[],
  uploads: readonly Unfinished[],
): { pairs: [Unfinished, Picked][]; others: Picked[] } {
  const left = [...uploads];
  const pairs: [Unfinished, Picked][] = [];
  const others: Picked[] = [];
  for (const one of picked) {
    const at = left.findIndex((upload) => upload.name === one.file.name && upload.size === one.file.size);
    const [upload] = at >= 0 ? left.splice(at, 1) : [];
    if (upload) pairs.push([upload, one]);
    else others.push(one);
  }
  return { pairs, others };
}

/** Whether an upload was begun with this very file, as far as its last change tells; null when the upload does not say. */
export async function isOf(upload: Unfinished, file: File): Promise<boolean | null> {
  const answer = await ask(`uploads/${encodeURIComponent(upload.id)}`);
  const changed = metadataIn(answer.headers.get("Upload-Metadata")).get("lastmodified");
  return changed === undefined ? null : changed === String(file.lastModified);
}

/** The pairs of a header Upload-Metadata. */
export function metadataIn(header: string | null): Map<string, string> {
  const pairs = (header ?? "").split(",").map((pair) => pair.trim().split(" ", 2));
  return new Map(pairs.filter(([name]) => name).map(([name = "", value = ""]) => [name, decoded(value)]));
}

function decoded(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
  } catch {
    return "";
  }
}
