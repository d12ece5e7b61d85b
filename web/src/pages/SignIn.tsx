import { useEffect, useState } from "preact/hooks";
import { signIn, signInWithCode, signOut } from "../api/session";
import { Dialog } from "../components/Dialog";
import { Problem } from "../components/Problem";
import { useTask } from "../components/task";

/** The page of somebody who is not signed in; `code` is that of a one-time link. */
export function SignIn({ code }: { code: string | null }) {
  const link = useTask(signInWithCode);
  useEffect(() => {
    if (code !== null) void link.run(code);
  }, []);
  return (
    <main class="alone">
      <h1>VideoAnnotator</h1>
      {link.error && <Problem error={link.error} />}
      {link.busy ? <p role="status">Signing in …</p> : <SignInForm />}
    </main>
  );
}

/** Over a page whose work waits for a key that works. */
export function SignInDialog({ reason }: { reason: string }) {
  return (
    <Dialog title="Sign in again">
      <p>{reason} What you have typed is kept, and what you did last is done once you have signed in.</p>
      <SignInForm />
      <p>
        <button type="button" class="plain" onClick={() => void signOut()}>
          Sign out instead
        </button>
      </p>
    </Dialog>
  );
}

function SignInForm() {
  const [secret, setSecret] = useState("");
  const [remember, setRemember] = useState(false);
  const task = useTask(() => signIn(secret.trim(), remember));
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void task.run();
      }}
    >
      {task.error && <Problem error={task.error} />}
      <label>
        Key of this server
        <input
          type="password"
          autoComplete="current-password"
          spellcheck={false}
          required
          value={secret}
          onInput={(event) => setSecret(event.currentTarget.value)}
        />
      </label>
      <p class="quiet small">
        The server printed it when it was first started. <code>videoannotator token show</code> prints it
        again.
      </p>
      <label class="line">
        <input
          type="checkbox"
          checked={remember}
          onInput={(event) => setRemember(event.currentTarget.checked)}
        />
        Stay signed in on this computer
      </label>
      <p class="actions">
        <button type="submit" class="main" disabled={task.busy || secret.trim() === ""}>
          {task.busy ? "Signing in …" : "Sign in"}
        </button>
      </p>
    </form>
  );
}
