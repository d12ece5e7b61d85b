import { computed, effect, signal } from "@preact/signals";
import { ask, post } from "../api/client";
import type { Job } from "../api/documents";
import { ApiError } from "../api/errors";
import { isSignedIn, signInRequest } from "../api/session";
import { announce } from "../components/Announcer";
import { type Item, isAtWork, newItem, type Phase, type Recipe } from "./item";
import { forget, forgetAll, remember, remembered } from "./memory";
import type { Picked } from "./picking";
import { isPassing, waitAfter } from "./retrying";
import { forgetUploads, Sending } from "./sending";
import { Speed } from "./speed";
import { type Unfinished, unfinished } from "./unfinished";

/** The files of the list and their uploads. They go on whatever page is shown, until the tab is closed or the user signs out. */

const AT_A_TIME = 2;
const SHOWN_EVERY_MS = 250;
const TRIES_TO_DELETE = 5;
/** When nothing has moved for so long, no speed of earlier is shown. */
const STILL_MS = 5000;

export const items = signal<readonly Item[]>([]);
export const atWork = computed(() => items.value.filter(isAtWork).length);

/** What belongs to an item and is nobody else's business. */
interface Engine {
  sending: Sending | null;
  speed: Speed;
  /** Tries that failed since the last byte came through. */
  failures: number;
  furthest: number;
  shownAt: number;
  movedAt: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const engines = new Map<number, Engine>();
let nextKey = 1;

/** Take files into the list and begin to upload them; gives the paths of those that are in it already. */
export function add(picked: readonly Picked[]): string[] {
  const twice: string[] = [];
  const added: Item[] = [];
  for (const { file, path } of picked) {
    const same = (item: Item) => item.file !== null && item.phase !== "made" && isSame(item.file, file);
    if ([...items.value, ...added].some(same)) twice.push(path);
    else added.push(enter(path, file.size, file));
  }
  items.value = [...items.value, ...added];
  pump();
  return twice;
}

/** Go on with an upload of an earlier visit, with the file that was chosen again for it; or without one when all of it has come. */
export function goOn(upload: Unfinished, picked: Picked | null): void {
  const entered = enter(picked?.path ?? upload.name, upload.size, picked?.file ?? null);
  const recipe = remembered(upload.id);
  const phase: Phase = upload.complete ? "uploaded" : "waiting";
  const item = { ...entered, phase, sentBytes: upload.offset, uploadId: upload.id, recipe };
  items.value = [...items.value, item];
  unfinished.value = unfinished.value.filter((other) => other.id !== upload.id);
  if (item.phase === "uploaded" && item.recipe !== null) void makeJob(item.key);
  pump();
}

export function pause(key: number): void {
  const engine = engines.get(key);
  engine?.sending?.stop();
  clearTimeout(engine?.timer);
  change(key, { phase: "paused", retryAt: null, bytesPerSecond: null, secondsLeft: null });
  pump();
}

/** Go on with what was paused, or try again what did not work, at once. */
export function resume(key: number): void {
  const item = find(key);
  const engine = engines.get(key);
  if (item === undefined || engine === undefined) return;
  clearTimeout(engine.timer);
  engine.failures = 0;
  const isThere = item.uploadId !== null && item.sentBytes === item.size && item.recipe !== null;
  change(key, { phase: isThere ? "making" : "waiting", error: null, retryAt: null });
  if (isThere) void makeJob(key);
  pump();
}

/** Take a file out of the list; what came of it is deleted from the server, unless a job was made of it. */
export async function drop(key: number): Promise<void> {
  const item = find(key);
  const engine = engines.get(key);
  clearTimeout(engine?.timer);
  engines.delete(key);
  items.value = items.value.filter((other) => other.key !== key);
  pump();
  if (item === undefined || item.phase === "made") return;
  if (item.uploadId !== null) forget(item.uploadId);
  engine?.sending?.stop();
  if (item.uploadId !== null) await deleteUpload(item.uploadId);
}

/** Order a job of every file that has none: it is made as soon as the file has come. */
export function order(recipe: Recipe): void {
  for (const item of items.value) {
    if (item.recipe !== null || item.phase === "made") continue;
    change(item.key, { recipe, error: item.phase === "uploaded" ? null : item.error });
    if (item.uploadId !== null) remember(item.uploadId, recipe);
    if (item.phase === "uploaded") void makeJob(item.key);
  }
}

export function find(key: number): Item | undefined {
  return items.value.find((item) => item.key === key);
}

/** Have the server forget an upload. The request that was broken off may hold it for a moment: then that is waited for. */
export async function deleteUpload(id: string): Promise<void> {
  const headers = { "Tus-Resumable": "1.0.0" };
  for (let failures = 1; ; failures += 1) {
    try {
      await ask(`uploads/${encodeURIComponent(id)}`, { method: "DELETE", headers });
      break;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) break;
      if (!isPassing(error as Error) || failures > TRIES_TO_DELETE) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000 * waitAfter(failures)));
    }
  }
  unfinished.value = unfinished.value.filter((upload) => upload.id !== id);
}

export function isSame(one: File, other: File): boolean {
  return one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
}

function enter(path: string, size: number, file: File | null): Item {
  const key = nextKey;
  nextKey += 1;
  engines.set(key, {
    sending: null,
    speed: new Speed(),
    failures: 0,
    furthest: 0,
    shownAt: 0,
    movedAt: 0,
    timer: undefined,
  });
  return newItem(key, path, size, file);
}

function change(key: number, changes: Partial<Item>): void {
  items.value = items.value.map((item) => (item.key === key ? { ...item, ...changes } : item));
}

/** Begin as many as may flow at a time. */
function pump(): void {
  let free = AT_A_TIME - items.value.filter((item) => item.phase === "sending").length;
  for (const item of items.value) {
    if (free <= 0) return;
    if (item.phase !== "waiting" || item.file === null) continue;
    free -= 1;
    begin(item, item.file);
  }
}

function begin(item: Item, file: File): void {
  const engine = engines.get(item.key);
  if (engine === undefined) return;
  engine.speed = new Speed();
  engine.sending ??= new Sending(file, listenerOf(item.key, engine), item.uploadId);
  change(item.key, { phase: "sending", error: null, retryAt: null });
  void engine.sending.start();
}

function listenerOf(key: number, engine: Engine) {
  return {
    onProgress: (bytes: number) => {
      const now = performance.now();
      if (find(key)?.phase !== "sending") return;
      engine.speed.note(bytes, now);
      engine.movedAt = now;
      if (bytes > engine.furthest) {
        engine.furthest = bytes;
        engine.failures = 0;
      }
      if (now - engine.shownAt < SHOWN_EVERY_MS) return;
      engine.shownAt = now;
      const size = find(key)?.size ?? 0;
      change(key, {
        sentBytes: bytes,
        bytesPerSecond: engine.speed.perSecond(),
        secondsLeft: engine.speed.secondsTo(size),
      });
    },
    onBegun: (uploadId: string) => {
      const recipe = find(key)?.recipe ?? remembered(uploadId);
      change(key, { uploadId, recipe });
      if (recipe) remember(uploadId, recipe);
      unfinished.value = unfinished.value.filter((upload) => upload.id !== uploadId);
    },
    onLost: () => {
      engine.furthest = 0;
      const note = "The server no longer had what was uploaded earlier, so it begins anew.";
      change(key, { note, sentBytes: 0 });
    },
    onDone: (uploadId: string) => {
      const item = find(key);
      if (item === undefined) return;
      const done = { uploadId, sentBytes: item.size, bytesPerSecond: null, secondsLeft: null, note: null };
      change(key, { ...done, phase: item.recipe === null ? "uploaded" : "making" });
      announce(`${item.path} has been uploaded.`);
      if (item.recipe !== null) void makeJob(key);
      pump();
    },
    onProblem: (error: Error) => stumble(key, engine, error),
  };
}

/** It did not work: try again later, when that may help. */
function stumble(key: number, engine: Engine, error: Error): void {
  const item = find(key);
  if (item === undefined) return;
  const stopped = { error, bytesPerSecond: null, secondsLeft: null };
  if (!isPassing(error)) {
    change(key, { ...stopped, phase: "failed", retryAt: null });
    announce(`${item.path}: ${error.message}`);
  } else {
    engine.failures += 1;
    const wait = waitAfter(engine.failures);
    change(key, { ...stopped, phase: "broken", retryAt: Date.now() + 1000 * wait });
    if (engine.failures === 1) announce(`${item.path}: the connection broke off. It is tried again.`);
    engine.timer = setTimeout(() => tryAgain(key), 1000 * wait);
  }
  pump();
}

function tryAgain(key: number): void {
  const item = find(key);
  if (item?.phase !== "broken") return;
  if (item.uploadId !== null && item.sentBytes === item.size && item.recipe !== null) void makeJob(key);
  else change(key, { phase: "waiting", retryAt: null });
  pump();
}

/** Make the job of a file that has come. The same request twice makes one job: its idempotency key is the upload's. */
async function makeJob(key: number): Promise<void> {
  const item = find(key);
  const engine = engines.get(key);
  if (item?.uploadId == null || item.recipe === null || engine === undefined) return;
  change(key, { phase: "making", error: null, retryAt: null });
  try {
    const body = { upload_id: item.uploadId, ...item.recipe };
    const job = await post<Job>("jobs/from-upload", body, { "Idempotency-Key": `web ${item.uploadId}` });
    forget(item.uploadId);
    change(key, { phase: "made", job });
    announce(`${item.path}: its job waits for a worker.`);
  } catch (error) {
    if (isPassing(error as Error)) stumble(key, engine, error as Error);
    else {
      forget(item.uploadId);
      change(key, { phase: "uploaded", recipe: null, error: error as Error });
      announce(`${item.path}: ${(error as Error).message}`);
    }
  }
}

setInterval(() => {
  for (const { key, phase, bytesPerSecond } of items.value) {
    const still = performance.now() - (engines.get(key)?.movedAt ?? 0) > STILL_MS;
    if (phase === "sending" && bytesPerSecond !== null && bytesPerSecond > 0 && still)
      change(key, { bytesPerSecond: 0, secondsLeft: null });
  }
}, STILL_MS / 2);

addEventListener("online", () => {
  for (const item of items.value) if (item.phase === "broken") resume(item.key);
});

const warnBeforeLeaving = (event: BeforeUnloadEvent) => event.preventDefault();
effect(() => {
  if (atWork.value > 0) addEventListener("beforeunload", warnBeforeLeaving);
  else removeEventListener("beforeunload", warnBeforeLeaving);
});

/** Who signs out leaves nothing behind for the next one at this computer. */
effect(() => {
  if (isSignedIn.value || signInRequest.value !== null) return;
  for (const engine of engines.values()) {
    engine.sending?.stop();
    clearTimeout(engine.timer);
  }
  engines.clear();
  items.value = [];
  unfinished.value = [];
  forgetAll();
  forgetUploads();
});
