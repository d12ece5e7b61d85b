import { useRef, useState } from "preact/hooks";
import { post } from "../api/client";
import type { Finding, Validation } from "../api/documents";
import { announce } from "../components/Announcer";
import { Confirm, Dialog } from "../components/Dialog";
import { Problem } from "../components/Problem";
import { useTask } from "../components/task";
import { fields, pipelines, recipe, set } from "./form";
import {
  type Fitted,
  fileOf,
  fitted,
  keep,
  type Preset,
  presetIn,
  presets,
  removePreset,
  rename,
} from "./presets";
import { optionsOf } from "./values";

/** An imported preset, and what the server says about it. */
interface Read {
  preset: Preset;
  fits: Fitted;
  errors: readonly Finding[];
}

type Asked =
  | { what: "save" }
  | { what: "rename" | "delete"; preset: Preset }
  | { what: "import"; read: Read };

/** Keeps selections with their options under names, and passes them on as files. */
export function PresetPanel() {
  const [chosen, setChosen] = useState("");
  const [asked, setAsked] = useState<Asked | null>(null);
  const [left, setLeft] = useState<readonly string[]>([]);
  const input = useRef<HTMLInputElement>(null);
  const preset = presets.value.find((one) => one.name === chosen) ?? null;
  const close = () => setAsked(null);
  const apply = useTask(async (one: Preset) => {
    const fits = await lookAt(one);
    use(fits.fits);
    setLeft(fits.fits.unknown);
    announce(`The preset ${one.name} is applied.`);
  });
  const bring = useTask(async (file: File) => {
    const read = await lookAt(presetIn(await file.text(), file.name));
    if (read.fits.unknown.length > 0 || read.errors.length > 0) setAsked({ what: "import", read });
    else accept(read);
  });
  const accept = (read: Read) => {
    keep(known(read));
    setChosen(read.preset.name);
    use(read.fits);
    announce(`The preset ${read.preset.name} was imported and is applied.`);
    close();
  };
  return (
    <section aria-labelledby="presets" class="stack">
      <h2 id="presets">Presets</h2>
      <div class="preset-line">
        <label for="preset">Saved pipelines and options</label>
        <select
          id="preset"
          value={preset === null ? "" : chosen}
          onInput={(event) => setChosen(event.currentTarget.value)}
        >
          <option value="">{presets.value.length === 0 ? "None is saved yet" : "Choose one"}</option>
          {presets.value.map((one) => (
            <option key={one.name} value={one.name}>
              {one.name}
            </option>
          ))}
        </select>
      </div>
      <p class="actions">
        {preset && (
          <>
            <button type="button" class="main" disabled={apply.busy} onClick={() => void apply.run(preset)}>
              Apply
            </button>
            <button type="button" onClick={() => setAsked({ what: "rename", preset })}>
              Rename …
            </button>
            <button type="button" onClick={() => setAsked({ what: "delete", preset })}>
              Delete …
            </button>
            <button type="button" onClick={() => save(preset)}>
              Save as a file
            </button>
          </>
        )}
        <button type="button" id="save-preset" onClick={() => setAsked({ what: "save" })}>
          Save what is chosen below …
        </button>
        <button type="button" onClick={() => input.current?.click()}>
          Import a file …
        </button>
        <input
          ref={input}
          hidden
          type="file"
          accept=".json,application/json"
          aria-label="A preset's file"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = "";
            if (file) void bring.run(file);
          }}
        />
      </p>
      {apply.error && <Problem error={apply.error} />}
      {bring.error && <Problem error={bring.error} />}
      {left.length > 0 && (
        <div class="notice" role="status">
          <p>This server does not know, so it is left out: {left.join(", ")}.</p>
        </div>
      )}
      {asked?.what === "save" && (
        <NameDialog
          title="Save pipelines and options"
          name=""
          onClose={close}
          onName={(name) => {
            const { selected_pipelines, config } = recipe.peek();
            keep({ name, selected_pipelines, config });
            setChosen(name);
            close();
          }}
        />
      )}
      {asked?.what === "rename" && (
        <NameDialog
          title="Rename the preset"
          name={asked.preset.name}
          onClose={close}
          onName={(name) => {
            rename(asked.preset.name, name);
            setChosen(name);
            close();
          }}
        />
      )}
      {asked?.what === "delete" && (
        <Confirm
          title="Delete the preset?"
          action="Delete it"
          onClose={close}
          onConfirm={() => {
            removePreset(asked.preset.name);
            setChosen("");
            close();
            setTimeout(() => document.getElementById("preset")?.focus());
          }}
        >
          <p>“{asked.preset.name}” is deleted from this browser. What is chosen below stays as it is.</p>
        </Confirm>
      )}
      {asked?.what === "import" && <ImportDialog read={asked.read} onClose={close} onAccept={accept} />}
    </section>
  );
}

function ImportDialog(props: { read: Read; onClose: () => void; onAccept: (read: Read) => void }) {
  const { read, onClose, onAccept } = props;
  const { unknown } = read.fits;
  const wrong = read.errors.filter((error) => error.code !== "PIPELINE_NOT_FOUND");
  return (
    <Dialog title={`Import “${read.preset.name}”?`} onClose={onClose}>
      {unknown.length > 0 && (
        <>
          <p>This server does not know these pipelines and options:</p>
          <ul>
            {unknown.map((name) => (
              <li key={name}>
                <code>{name}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      {wrong.length > 0 && (
        <>
          <p>These have to be corrected before a job can start:</p>
          <ul>
            {wrong.map((error) => (
              <li key={`${error.pipeline}.${error.field}`}>
                {error.message} {error.hint}
              </li>
            ))}
          </ul>
        </>
      )}
      <p class="actions">
        <button type="button" class="main" onClick={() => onAccept(read)}>
          {unknown.length > 0 ? "Import it without them" : "Import it"}
        </button>
        <button type="button" onClick={onClose}>
          Leave it
        </button>
      </p>
    </Dialog>
  );
}

function NameDialog(props: {
  title: string;
  name: string;
  onName: (name: string) => void;
  onClose: () => void;
}) {
  const [name, setName] = useState(props.name);
  const wanted = name.trim();
  const taken = wanted !== props.name && presets.value.some((preset) => preset.name === wanted);
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted !== "") props.onName(wanted);
        }}
      >
        <label>
          Name
          <input
            type="text"
            maxLength={100}
            autoComplete="off"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        {taken && <p class="notice">There is a preset of this name; it is replaced.</p>}
        <p class="actions">
          <button type="submit" class="main" disabled={wanted === ""}>
            Save
          </button>
          <button type="button" onClick={props.onClose}>
            Leave it
          </button>
        </p>
      </form>
    </Dialog>
  );
}

/** Have the server look at a preset, and put it in today's names. */
async function lookAt(preset: Preset): Promise<Read> {
  const { selected_pipelines, config } = preset;
  const found = await post<Validation>("config/validate", { config, selected_pipelines });
  return {
    preset,
    fits: fitted(preset, pipelines.peek() ?? [], fields.peek(), found.warnings),
    errors: found.errors,
  };
}

/** The preset without what this server does not know. */
function known({ preset, fits }: Read): Preset {
  const config = Object.fromEntries(
    Object.entries(fits.drafts).map(([name, drafts]) => [name, optionsOf(fields.peek()[name] ?? [], drafts)]),
  );
  return { name: preset.name, selected_pipelines: fits.selection, config };
}

function use(fits: Fitted): void {
  set({ selection: fits.selection, drafts: fits.drafts });
}

function save(preset: Preset): void {
  const { name, text } = fileOf(preset);
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
