/** A file that somebody chose; `path` also names the folders that it lies in. */
export interface Picked {
  file: File;
  path: string;
}

export interface Picking {
  taken: Picked[];
  /** Paths of what lay in a chosen folder and is no recording. */
  left: string[];
}

const ENDINGS =
  /\.(3g2|3gp|aac|aiff?|asf|avi|dv|flac|flv|m2ts|m4a|m4v|mkv|mov|mp3|mp4|mpe?g|mts|mxf|oga|ogg|ogv|opus|ts|vob|wav|webm|wma|wmv)$/i;

/** What a user means who chooses these: single files are taken whatever they are, of folders only the recordings. */
export function sorted(picked: readonly Picked[]): Picking {
  const taken: Picked[] = [];
  const left: string[] = [];
  for (const one of picked) {
    if (one.file.name.startsWith(".") && one.path.includes("/")) left.push(one.path);
    else if (!one.path.includes("/") || isRecording(one.file)) taken.push(one);
    else left.push(one.path);
  }
  taken.sort((a, b) => a.path.localeCompare(b.path, undefined, { numeric: true }));
  return { taken, left };
}

export function isRecording(file: File): boolean {
  return /^(video|audio)\//.test(file.type) || ENDINGS.test(file.name);
}

/** The files of an `<input type="file">`, with or without folders. */
export function ofInput(files: FileList | null): Picked[] {
  return [...(files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** The files that were dropped, with all that lies in dropped folders. Call it while the event is handled: later the browser forgets. */
export async function ofDrop(dropped: DataTransfer): Promise<Picked[]> {
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return [...dropped.files].map((file) => ({ file, path: file.name }));
  return (await Promise.all(entries.map(inside))).flat();
}

async function inside(entry: FileSystemEntry): Promise<Picked[]> {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ file, path }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Picked[] = [];
  for (;;) {
    // it gives a hundred at a time
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return found;
    found.push(...(await Promise.all(some.map(inside))).flat());
  }
}
