import { useMemo, useState } from "preact/hooks";
import { clock, duration } from "../../format";
import type { ResultModel } from "../model";
import { type Item, rowsOf } from "../timeline/rows";
import { VirtualList } from "./VirtualList";

/** Everything on the time line as lists, one for each track: what the canvas shows, for keys and readers. */
export function Items({ model }: { model: ResultModel }) {
  const rows = useMemo(
    () =>
      rowsOf(model.timeline.value, model.people.value, { waveform: false, thumbnails: false }).filter(
        (row) => row.items.items.length > 0,
      ),
    [model.timeline.value],
  );
  const [chosen, setChosen] = useState("");
  const [active, setActive] = useState(0);
  const row = rows.find(({ key }) => key === chosen) ?? rows[0];
  const keyOf = useMemo(() => (at: number) => `${row?.key}/${at}`, [row]);
  if (!row) return <p class="quiet">Nothing was found that lasts from one moment to another.</p>;
  const { items } = row.items;
  const first = Math.min(active, items.length - 1);
  return (
    <div class="pane-body">
      <label class="search">
        Track
        <select
          value={row.key}
          onInput={(event) => {
            setChosen(event.currentTarget.value);
            setActive(0);
          }}
        >
          {rows.map(({ key, label, items: { items } }) => (
            <option key={key} value={key}>
              {label} ({items.length})
            </option>
          ))}
        </select>
      </label>
      <VirtualList
        count={items.length}
        estimate={3.2}
        label={row.label}
        keyOf={keyOf}
        active={first}
        onActive={setActive}
      >
        {(at) => (
          <Entry
            model={model}
            item={items[at] as Item}
            tabIndex={at === first ? 0 : -1}
            onPick={() => setActive(at)}
          />
        )}
      </VirtualList>
    </div>
  );
}

interface EntryProps {
  model: ResultModel;
  item: Item;
  tabIndex: number;
  onPick: () => void;
}

function Entry({ model, item, tabIndex, onPick }: EntryProps) {
  const selected = model.selected.value;
  const pick = () => {
    onPick();
    model.select(item.kind, item.id, item.start_s);
  };
  return (
    <button
      type="button"
      class="entry"
      tabIndex={tabIndex}
      data-chosen={selected?.kind === item.kind && selected.id === item.id}
      onClick={pick}
    >
      <span class="quiet small">
        {clock(item.start_s, 1)} · {duration(item.end_s - item.start_s)}
      </span>
      <span dir="auto">{item.label}</span>
    </button>
  );
}
