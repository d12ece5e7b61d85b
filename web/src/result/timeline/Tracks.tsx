import { useMemo, useState } from "preact/hooks";
import { Problem } from "../../components/Problem";
import { plural } from "../../format";
import { MAX_SIGNALS } from "../data/signals";
import type { ResultModel } from "../model";
import { hiddenGroups, toggleGroup } from "./groups";
import { GROUPS } from "./rows";

/** Above the tracks: how much is shown, which tracks, and which signals are plotted. */
export function Tracks({ model }: { model: ResultModel }) {
  const { view, player } = model;
  return (
    <div class="track-bar">
      <h2>Time line</h2>
      <div class="actions">
        <button type="button" title="Zoom out (-)" onClick={() => view.zoom(2, player.timeS.value)}>
          <span aria-hidden="true">−</span>
          <span class="unseen">Zoom out</span>
        </button>
        <button type="button" title="Zoom in (+)" onClick={() => view.zoom(0.5, player.timeS.value)}>
          <span aria-hidden="true">+</span>
          <span class="unseen">Zoom in</span>
        </button>
        <button type="button" title="Show the whole recording (f)" onClick={() => view.fit()}>
          Fit
        </button>
        <details class="menu">
          <summary>Tracks</summary>
          <fieldset class="menu-body">
            <legend class="unseen">Tracks that are shown</legend>
            {GROUPS.map(({ group, name }) => (
              <label class="line" key={group}>
                <input
                  type="checkbox"
                  checked={!hiddenGroups.value.has(group)}
                  onInput={() => toggleGroup(group)}
                />
                {name}
              </label>
            ))}
          </fieldset>
        </details>
        {model.signals.places.length > 0 && <SignalMenu model={model} />}
      </div>
    </div>
  );
}

function SignalMenu({ model }: { model: ResultModel }) {
  const [words, setWords] = useState("");
  const { signals } = model;
  const chosen = signals.chosen.value;
  const groups = useMemo(() => {
    const found = new Map<string, typeof signals.places>();
    for (const place of signals.places) {
      if (!`${place.group} ${place.label}`.toLowerCase().includes(words.toLowerCase())) continue;
      found.set(place.group, [...(found.get(place.group) ?? []), place]);
    }
    return [...found];
  }, [signals.places, words]);
  return (
    <details class="menu">
      <summary>Signals{chosen.length > 0 && ` (${chosen.length})`}</summary>
      <div class="menu-body">
        <label>
          Find a signal
          <input type="search" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
        </label>
        <p class="quiet small">
          {plural(signals.places.length, "signal")}; up to {MAX_SIGNALS} are plotted at a time.
        </p>
        {signals.error.value && <Problem error={signals.error.value} />}
        {groups.map(([group, places]) => (
          <fieldset key={group}>
            <legend>{group}</legend>
            {places.map((place) => (
              <label class="line" key={place.id}>
                <input
                  type="checkbox"
                  checked={chosen.includes(place.id)}
                  onInput={(event) => signals.choose(place.id, event.currentTarget.checked)}
                />
                {place.label} <span class="quiet small">{place.unit}</span>
              </label>
            ))}
          </fieldset>
        ))}
      </div>
    </details>
  );
}
