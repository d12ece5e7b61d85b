import { useEffect, useId, useState } from "preact/hooks";
import { HistoryPane } from "../correct/HistoryPane";
import type { ResultModel } from "../model";
import { Details } from "./Details";
import { Items } from "./Items";
import { Transcript } from "./Transcript";

const TABS = [
  { tab: "transcript", name: "Transcript" },
  { tab: "items", name: "Lists" },
  { tab: "details", name: "Details" },
  { tab: "history", name: "Corrections" },
] as const;

type Tab = (typeof TABS)[number]["tab"];

/** Beside the video: what was said, lists of all items, and what is known about the selected one. */
export function Pane({ model }: { model: ResultModel }) {
  const [tab, setTab] = useState<Tab>(model.has("speech") ? "transcript" : "items");
  const id = useId();
  const selected = model.selected.value;
  useEffect(() => {
    if (selected && selected.kind !== "utterance" && tab === "transcript") setTab("details");
  }, [selected]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const at = TABS.findIndex((place) => place.tab === tab);
    const next = TABS[(at + step + TABS.length) % TABS.length] ?? TABS[0];
    setTab(next.tab);
    document.getElementById(`${id}-${next.tab}`)?.focus();
  };
  return (
    <section class="pane" aria-label="Contents">
      <div role="tablist" class="tabs" aria-label="Contents" onKeyDown={onKeyDown}>
        {TABS.map((place) => (
          <button
            key={place.tab}
            id={`${id}-${place.tab}`}
            type="button"
            role="tab"
            aria-selected={place.tab === tab}
            aria-controls={`${id}-panel`}
            tabIndex={place.tab === tab ? 0 : -1}
            onClick={() => setTab(place.tab)}
          >
            {place.name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${tab}`} class="panel">
        {tab === "transcript" && <Transcript model={model} />}
        {tab === "items" && <Items model={model} />}
        {tab === "details" && <Details model={model} />}
        {tab === "history" && <HistoryPane model={model} />}
      </div>
    </section>
  );
}
