import { useEffect, useState } from "preact/hooks";
import { Problem } from "../components/Problem";
import type { ResultModel } from "./model";
import { Pane } from "./pane/Pane";
import { Controls, LayerSwitches } from "./player/Controls";
import { Stage } from "./player/Stage";
import { ShortcutSheet } from "./ShortcutSheet";
import { shortcutFor } from "./shortcuts";
import { Timeline } from "./timeline/Timeline";

interface Props {
  model: ResultModel;
  url: string;
  name: string;
  onExpired: () => void;
}

/** Video, contents and time line of a finished job, all at the same place of the recording. */
export function Viewer({ model, url, name, onExpired }: Props) {
  const [help, setHelp] = useState(false);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const found = shortcutFor(event);
      if (!found) return;
      event.preventDefault();
      if (found === "help") setHelp(true);
      else found.act(model, event);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [model]);
  return (
    <div class="viewer">
      <div class="watch">
        <Stage model={model} url={url} name={name} onExpired={onExpired} />
        <Controls model={model} onHelp={() => setHelp(true)} />
        <LayerSwitches model={model} />
        <WindowProblem model={model} />
      </div>
      <Pane model={model} />
      <Timeline model={model} />
      {model.dragError.value && (
        <div class="timeline">
          <Problem error={model.dragError.value} />
        </div>
      )}
      {help && <ShortcutSheet onClose={() => setHelp(false)} />}
    </div>
  );
}

/** What is drawn over the video could not be fetched: said, for nothing drawn must not look like nothing found. */
function WindowProblem({ model }: { model: ResultModel }) {
  void model.arrived.value;
  const error = Object.values(model.layers).find((windows) => windows.error)?.error;
  if (!error) return null;
  return (
    <p class="notice" role="alert">
      What was found in this part could not be loaded, so nothing is drawn over the video: {error.message} It
      is tried again as the video goes on.
    </p>
  );
}
