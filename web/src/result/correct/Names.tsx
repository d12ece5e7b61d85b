import { useState } from "preact/hooks";
import { Problem } from "../../components/Problem";
import { useTask } from "../../components/task";
import type { ResultModel } from "../model";
import type { Kind } from "./corrections";

interface Named {
  id: string;
  name: string;
}

interface Props {
  model: ResultModel;
  who: Named;
  /** "person" or "speaker". */
  what: string;
  others: readonly Named[];
  rename: Kind;
  merge: Kind;
}

/** Give somebody a name, or say that they are somebody else of the list. */
export function Names({ model, who, what, others, rename, merge }: Props) {
  const [name, setName] = useState(who.name);
  const [into, setInto] = useState("");
  const renaming = useTask(() => model.corrections.make(rename, who.id, { name: name.trim() }));
  const merging = useTask(async () => {
    await model.corrections.make(merge, who.id, { into });
    setInto("");
  });
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void renaming.run();
        }}
      >
        <label>
          Name of this {what}
          <input
            value={name}
            maxLength={100}
            required
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        {renaming.error && <Problem error={renaming.error} />}
        <p class="actions">
          <button type="submit" disabled={renaming.busy || name.trim() === "" || name.trim() === who.name}>
            Save name
          </button>
        </p>
      </form>
      {others.length > 0 && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void merging.run();
          }}
        >
          <label>
            Is the same {what} as
            <select value={into} onInput={(event) => setInto(event.currentTarget.value)}>
              <option value="">choose …</option>
              {others.map((other) => (
                <option key={other.id} value={other.id}>
                  {other.name}
                </option>
              ))}
            </select>
          </label>
          {merging.error && <Problem error={merging.error} />}
          <p class="actions">
            <button type="submit" disabled={merging.busy || into === ""}>
              Merge
            </button>
          </p>
        </form>
      )}
    </>
  );
}
