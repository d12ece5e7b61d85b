import { useEffect, useState } from "preact/hooks";
import { get, post, remove } from "../api/client";
import { ApiError } from "../api/errors";
import { keyNeeded } from "../api/session";
import { announce } from "../components/Announcer";
import { Confirm, Dialog } from "../components/Dialog";
import { Problem } from "../components/Problem";
import { useTask } from "../components/task";
import { moment } from "../format";

interface Key {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}

const SCOPES = [
  { name: "read", says: "see jobs and results" },
  { name: "write", says: "submit, correct, cancel and delete" },
  { name: "admin", says: "manage keys and see settings" },
] as const;

/** Who may use this server. */
export function Keys() {
  const [keys, setKeys] = useState<Key[] | null>(null);
  const [withEnded, setWithEnded] = useState(false);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const load = useTask(async () => setKeys((await get<{ keys: Key[] }>("keys")).keys));
  const revoke = useTask(async (key: Key) => {
    await remove(`keys/${key.id}`);
    setRevoking(null);
    announce(`The key ${key.name} is revoked.`);
    await load.run();
  });
  useEffect(() => void load.run(), []);
  const shown = (keys ?? []).filter((key) => withEnded || works(key));
  const ended = (keys ?? []).filter((key) => !works(key)).length;
  const forbidden = load.error instanceof ApiError && load.error.code === "FORBIDDEN";
  return (
    <section aria-labelledby="keys">
      <h2 id="keys">Keys</h2>
      {keyNeeded.value === false && (
        <p class="notice">
          This server asks nobody for a key: whoever reaches it may do everything. Keys made here count once
          authentication is on again (VIDEOANNOTATOR_REQUIRE_AUTH=true).
        </p>
      )}
      {forbidden ? (
        <p class="quiet">The key you signed in with may not manage keys: that needs the scope “admin”.</p>
      ) : (
        load.error && <Problem error={load.error} onRetry={() => void load.run()} />
      )}
      {keys !== null && (
        <>
          <NewKey onMade={() => void load.run()} />
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  {["Name", "Key", "Allows", "Made", "Last used", "Ends"].map((name) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ))}
                  <th scope="col">
                    <span class="unseen">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {shown.map((key) => (
                  <tr key={key.id}>
                    <td class="wrap">{key.name}</td>
                    <td>
                      <code>{key.prefix}…</code>
                    </td>
                    <td>{key.scopes.join(", ")}</td>
                    <td>{moment(key.created_at)}</td>
                    <td>{key.last_used_at === null ? "never" : moment(key.last_used_at)}</td>
                    <td>{endOf(key)}</td>
                    <td>
                      {works(key) && (
                        <button
                          type="button"
                          class="small danger"
                          aria-label={`Revoke the key ${key.name}`}
                          onClick={() => setRevoking(key)}
                        >
                          Revoke
                        </button>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {ended > 0 && (
            <label class="line">
              <input
                type="checkbox"
                checked={withEnded}
                onInput={(event) => setWithEnded(event.currentTarget.checked)}
              />
              Show also those that no longer work ({ended})
            </label>
          )}
        </>
      )}
      {revoking && (
        <Confirm
          title={`Revoke the key “${revoking.name}”?`}
          action="Revoke"
          busy={revoke.busy}
          onConfirm={() => void revoke.run(revoking)}
          onClose={() => setRevoking(null)}
        >
          <p>
            Whoever uses it, and browsers that signed in by a link made with it, are locked out within a
            second. This cannot be taken back; a new key can be made at any time.
          </p>
          {revoke.error && <Problem error={revoke.error} />}
        </Confirm>
      )}
    </section>
  );
}

function works(key: Key): boolean {
  return key.revoked_at === null && (key.expires_at === null || new Date(key.expires_at) > new Date());
}

function endOf(key: Key): string {
  if (key.revoked_at !== null) return `revoked ${moment(key.revoked_at)}`;
  return key.expires_at === null ? "never" : moment(key.expires_at);
}

function NewKey({ onMade }: { onMade: () => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly string[]>(["read", "write"]);
  const [days, setDays] = useState("");
  const [made, setMade] = useState<{ name: string; api_key: string } | null>(null);
  const task = useTask(async () => {
    const expires = days === "" ? null : Number(days);
    setMade(await post("keys", { name: name.trim(), scopes, expires_in_days: expires }));
    setName("");
    onMade();
  });
  return (
    <form
      class="card stack new-key"
      onSubmit={(event) => {
        event.preventDefault();
        void task.run();
      }}
    >
      <h3>New key</h3>
      {task.error && <Problem error={task.error} />}
      <label>
        Who or what will use it
        <input
          required
          maxLength={200}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <fieldset>
        <legend>What it allows</legend>
        {SCOPES.map((scope) => (
          <label key={scope.name} class="line">
            <input
              type="checkbox"
              checked={scopes.includes(scope.name)}
              onInput={(event) => {
                const others = scopes.filter((one) => one !== scope.name);
                setScopes(event.currentTarget.checked ? [...others, scope.name] : others);
              }}
            />
            {scope.name}: {scope.says}
          </label>
        ))}
      </fieldset>
      <label>
        Ends after so many days (empty: never)
        <input
          type="number"
          min={1}
          max={36500}
          value={days}
          onInput={(event) => setDays(event.currentTarget.value)}
          class="short"
        />
      </label>
      <p class="actions">
        <button type="submit" class="main" disabled={task.busy || name.trim() === "" || scopes.length === 0}>
          Make the key
        </button>
      </p>
      {made && <MadeKey made={made} onClose={() => setMade(null)} />}
    </form>
  );
}

function MadeKey({ made, onClose }: { made: { name: string; api_key: string }; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  const copy = useTask(async () => {
    await navigator.clipboard.writeText(made.api_key);
    setCopied(true);
  });
  return (
    <Dialog title={`The key “${made.name}”`} onClose={onClose}>
      <p>It is shown this once. Keep it where only its user can read it.</p>
      <label>
        Key
        <input readOnly value={made.api_key} onFocus={(event) => event.currentTarget.select()} class="mono" />
      </label>
      {copy.error && (
        <p class="small">The browser does not let this page copy: select the key and copy it by hand.</p>
      )}
      <p class="actions">
        <button type="button" onClick={() => void copy.run()}>
          {copied ? "Copied" : "Copy"}
        </button>
        <button type="button" class="main" onClick={onClose}>
          I have it
        </button>
      </p>
    </Dialog>
  );
}
