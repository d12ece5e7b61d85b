import { computed, signal } from "@preact/signals";
import { addressOf } from "./address";
import { ApiError, errorOf, unreachable } from "./errors";

const STORED = "videoannotator.key";

/** A key and where it came from. `keyId` is known for keys that a one-time link made: signing out revokes those. */
interface Login {
  key: string;
  keyId?: string;
}

/** Why the user is asked to sign in while a page is open. */
export interface SignInRequest {
  reason: string;
}

const login = signal<Login | null>(stored());
/** Whether the server wants keys; null until it has said so. */
export const keyNeeded = signal<boolean | null>(null);
/** Set while work waits for the user to sign in again; the page behind stays as it is. */
export const signInRequest = signal<SignInRequest | null>(null);
export const key = computed(() => login.value?.key ?? null);
export const isSignedIn = computed(() => keyNeeded.value === false || key.value !== null);

let waiting: ((signedIn: boolean) => void)[] = [];

function stored(): Login | null {
  for (const storage of [sessionStorage, localStorage]) {
    const text = storage.getItem(STORED);
    if (text === null) continue;
    try {
      const found = JSON.parse(text) as Login;
      if (typeof found.key === "string") return found;
    } catch {
      storage.removeItem(STORED);
    }
  }
  return null;
}

/** Ask the server whether it wants keys. */
export async function lookAround(): Promise<void> {
  const answer = await reach("system/health");
  const facts = (await answer.json()) as { security: { auth_required: boolean } };
  keyNeeded.value = facts.security.auth_required;
}

/** Sign in with a key, once it has been seen to work. */
export async function signIn(secret: string, remember: boolean, keyId?: string): Promise<void> {
  const answer = await reach("system/version", { headers: { Authorization: `Bearer ${secret}` } });
  if (!answer.ok) throw wrongKey(await errorOf(answer));
  sessionStorage.removeItem(STORED);
  localStorage.removeItem(STORED);
  const made: Login = keyId === undefined ? { key: secret } : { key: secret, keyId };
  (remember ? localStorage : sessionStorage).setItem(STORED, JSON.stringify(made));
  login.value = made;
  settle(true);
}

/** Sign in with the code of a one-time link. */
export async function signInWithCode(code: string): Promise<void> {
  const body = JSON.stringify({ code });
  const answer = await reach("system/sign-in", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
  });
  if (!answer.ok) throw await errorOf(answer);
  const granted = (await answer.json()) as { api_key: string; key_id: string };
  await signIn(granted.api_key, false, granted.key_id);
}

/** Forget the key; one that a link made for this browser is revoked as well. */
export async function signOut(): Promise<void> {
  const before = login.value;
  sessionStorage.removeItem(STORED);
  localStorage.removeItem(STORED);
  login.value = null;
  settle(false);
  if (before?.keyId !== undefined) {
    const headers = { Authorization: `Bearer ${before.key}` };
    await reach(`keys/${encodeURIComponent(before.keyId)}`, { method: "DELETE", headers });
  }
}

/** Resolves when the user has signed in again: true, or false when they rather signed out. Nothing on the page is touched meanwhile. */
export function signInAgain(reason: string): Promise<boolean> {
  signInRequest.value ??= { reason };
  return new Promise((resolve) => waiting.push(resolve));
}

function settle(signedIn: boolean): void {
  const resolvers = waiting;
  waiting = [];
  signInRequest.value = null;
  for (const resolve of resolvers) resolve(signedIn);
}

/** Say in plain words what the server said about a key. */
function wrongKey(error: ApiError): ApiError {
  if (error.status !== 401) return error;
  const message = "This key does not work here.";
  const hint =
    "It may be mistyped, revoked or expired. On the server's machine, `videoannotator token show` prints the local key and " +
    "`videoannotator token create NAME` makes a new one.";
  return new ApiError(401, error.code, message, hint, "key");
}

async function reach(path: string, options?: RequestInit): Promise<Response> {
  try {
    return await fetch(addressOf(path), options);
  } catch {
    throw unreachable();
  }
}
