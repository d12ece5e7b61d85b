import { effect } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { clock } from "../../format";
import type { ResultModel } from "../model";
import { palette } from "./palette";
import { frameOf } from "./picture";

const SPEAK_MS = 500;

/** The line at the current time: a slider for those who do not see it. It is moved without drawing the tracks again. */
export function Playhead({ model, area }: { model: ResultModel; area: RefObject<HTMLElement> }) {
  const line = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!line.current || !area.current) return;
    return follow(line.current, area.current, model);
  }, [model]);
  return (
    <div
      ref={line}
      class="playhead"
      role="slider"
      tabIndex={0}
      aria-label="Position in the recording"
      aria-valuemin={0}
      aria-valuemax={Math.round(model.index.duration_s * 1000) / 1000}
      aria-valuenow={0}
    />
  );
}

function follow(line: HTMLDivElement, area: HTMLElement, model: ResultModel): () => void {
  let spoken = Number.NEGATIVE_INFINITY;
  let width = area.clientWidth;
  const move = () => {
    const { startS, endS } = model.view.shown.value;
    const timeS = model.player.timeS.value;
    const { left } = frameOf(width, 0, 0, palette.value.rem);
    const x = left + ((timeS - startS) / (endS - startS)) * (width - left);
    line.style.transform = `translateX(${x}px)`;
    line.dataset.hidden = String(timeS < startS || timeS > endS);
    const now = performance.now();
    if (model.player.playing.value && now - spoken < SPEAK_MS) return;
    spoken = now;
    line.setAttribute("aria-valuenow", timeS.toFixed(3));
    line.setAttribute("aria-valuetext", words(model, timeS));
  };
  const stop = effect(move);
  const resized = new ResizeObserver(() => {
    width = area.clientWidth;
    move();
  });
  resized.observe(area);
  return () => {
    stop();
    resized.disconnect();
  };
}

/** Where it stands, as it is read out: the time, the frame, and what is being said. */
function words(model: ResultModel, timeS: number): string {
  const parts = [clock(timeS)];
  if (model.frames) parts.push(`frame ${model.frames.frameShownAt(timeS)}`);
  const said = model.utterances.value.at(timeS);
  const utterance = model.timeline.value.utterances[said];
  if (utterance) {
    const who = utterance.speaker === null ? "" : `${model.people.value.speakerName(utterance.speaker)}: `;
    parts.push(`${who}${utterance.text}`);
  }
  return parts.join(", ");
}
