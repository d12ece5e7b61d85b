import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { clock, plural } from "../../format";
import { LAYERS } from "../layers";
import type { ResultModel } from "../model";
import { Icon, type IconName } from "./Icon";

interface Props {
  model: ResultModel;
  onHelp: () => void;
}

export function Controls({ model, onHelp }: Props) {
  const { player } = model;
  const playing = player.playing.value;
  return (
    <div class="controls">
      <fieldset class="actions bare">
        <legend class="unseen">Playback</legend>
        <Press icon="back10" name="10 seconds back" hint="j" act={() => player.jump(-10)} />
        <Press icon="frameBack" name="One frame back" hint="," act={() => player.step(-1)} />
        <Press
          icon={playing ? "pause" : "play"}
          name={playing ? "Pause" : "Play"}
          hint="space"
          act={() => player.togglePlay()}
        />
        <Press icon="frameOn" name="One frame on" hint="." act={() => player.step(1)} />
        <Press icon="on10" name="10 seconds on" hint="l" act={() => player.jump(10)} />
        {model.index.has_audio && (
          <Press
            icon={player.muted.value ? "muted" : "sound"}
            name={player.muted.value ? "Sound on" : "Sound off"}
            hint="m"
            act={() => player.toggleMute()}
          />
        )}
      </fieldset>
      <Position model={model} />
      <div class="actions">
        <Speed model={model} />
        <button type="button" onClick={onHelp} title="Keyboard shortcuts (?)">
          Keys
        </button>
      </div>
    </div>
  );
}

function Press({ icon, name, hint, act }: { icon: IconName; name: string; hint: string; act: () => void }) {
  return (
    <button type="button" class="icon" title={`${name} (${hint})`} aria-label={name} onClick={act}>
      <Icon name={icon} />
    </button>
  );
}

/** The clock. Its text changes with each frame, without the rest of the page being looked at. */
function Position({ model }: { model: ResultModel }) {
  const text = useMemo(
    () =>
      computed(() => {
        const at = clock(model.player.timeS.value);
        const frame = model.frames ? model.frames.frameShownAt(model.player.timeS.value) : -1;
        return frame < 0 ? at : `${at} · frame ${frame.toLocaleString("en")}`;
      }),
    [model],
  );
  return (
    <p class="position">
      <span class="now">{text}</span> <span class="quiet">of {clock(model.index.duration_s, 0)}</span>
    </p>
  );
}

const SPEEDS = [0.25, 0.5, 1, 1.5, 2, 4, 8];

function Speed({ model }: { model: ResultModel }) {
  const speed = model.player.speed.value;
  const shown = SPEEDS.includes(speed) ? SPEEDS : [...SPEEDS, speed].sort((a, b) => a - b);
  return (
    <label class="line">
      <span class="unseen">Speed</span>
      <select value={String(speed)} onInput={(event) => model.player.play(Number(event.currentTarget.value))}>
        {shown.map((value) => (
          <option key={value} value={String(value)}>
            {value}×
          </option>
        ))}
      </select>
    </label>
  );
}

/** What is drawn over the video: one switch for each layer that the results have, and how sure they must be. */
export function LayerSwitches({ model }: { model: ResultModel }) {
  const layers = LAYERS.filter(({ from }) => model.has(from));
  if (layers.length === 0) return null;
  const least = Math.round(100 * model.minConfidence.value);
  return (
    <fieldset class="layers">
      <legend class="unseen">Shown over the video</legend>
      {layers.map(({ layer, name, key }) => (
        <label class="line chip" key={layer}>
          <input type="checkbox" checked={model.switches.value[layer]} onInput={() => model.toggle(layer)} />
          {name} <kbd>{key}</kbd>
        </label>
      ))}
      {model.has("either") && (
        <label class="line chip">
          Confidence at least {least} %
          <input
            type="range"
            min={0}
            max={100}
            value={least}
            onInput={(event) => {
              model.minConfidence.value = Number(event.currentTarget.value) / 100;
            }}
          />
        </label>
      )}
      {least > 0 && <Hidden model={model} />}
    </fieldset>
  );
}

function Hidden({ model }: { model: ResultModel }) {
  const count = model.hidden.value;
  return (
    <span class="quiet small">
      {count === 0 ? "None is hidden in this frame" : `${plural(count, "observation")} hidden in this frame`}
    </span>
  );
}
