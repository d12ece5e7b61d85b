import { computed, effect, signal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { LayerName } from "../data/documents";
import type { Shown } from "../data/windows";
import type { ResultModel } from "../model";
import { palette } from "../timeline/palette";
import { captionAt } from "./captions";
import { contained, projection, type Rect } from "./geometry";
import { brushOf, drawOverlay, meshLines } from "./overlay";

interface Props {
  model: ResultModel;
  url: string;
  name: string;
  /** The address no longer works: get another one. */
  onExpired: () => void;
}

/** The video, with what was found drawn over the frame that is on the screen. */
export function Stage({ model, url, name, onExpired }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [unplayable, setUnplayable] = useState(false);
  useEffect(() => {
    if (!box.current || !video.current || !canvas.current) return;
    model.player.attach(video.current);
    const hide = showOverlay(box.current, video.current, canvas.current, model);
    return () => {
      hide();
      model.player.detach();
    };
  }, [model]);
  const failed = async () => {
    const code = video.current?.error?.code;
    if (code === MediaError.MEDIA_ERR_NETWORK || (await isRefused(url))) onExpired();
    else setUnplayable(true);
  };
  return (
    <div class={model.index.video ? "stage" : "stage sound-only"} ref={box}>
      {/* biome-ignore lint/a11y/useMediaCaption: captions are the layer "Captions", from the transcript */}
      <video
        ref={video}
        src={url}
        preload="auto"
        playsInline
        tabIndex={-1}
        aria-label={name}
        onClick={() => model.player.togglePlay()}
        onLoadedMetadata={() => setUnplayable(false)}
        onError={() => void failed()}
      />
      <canvas
        ref={canvas}
        class="overlay"
        role="img"
        aria-label="What was found in this frame, drawn over the video"
      />
      <Captions model={model} />
      {unplayable && (
        <p class="notice over" role="alert">
          This browser cannot play the recording. Its results can be read all the same; download the recording
          below and play it with another player, or have it annotated again as H.264 in MP4.
        </p>
      )}
    </div>
  );
}

/** Whether the server lets nobody in by this address any more; a media element does not tell that from a file it cannot read. */
async function isRefused(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { headers: { Range: "bytes=0-0" } })).status === 401;
  } catch {
    return true; // the server does not answer: asking for another address says so
  }
}

function Captions({ model }: { model: ResultModel }) {
  const lines = useMemo(
    () =>
      computed(() => {
        if (!model.switches.value.captions) return "";
        const timeS = model.player.timeS.value;
        const { items } = model.utterances.value;
        const [first, end] = model.utterances.value.range(timeS, timeS);
        return items
          .slice(first, end)
          .filter((said) => said.start_s <= timeS && timeS < said.end_s)
          .map((said) => {
            const who = said.speaker === null ? "" : `${model.people.value.speakerName(said.speaker)}: `;
            return who + captionAt(said, timeS);
          })
          .join("\n");
      }),
    [model],
  );
  return lines.value === "" ? null : (
    <p class="captions" dir="auto">
      <span>{lines.value}</span>
    </p>
  );
}

/** Draw over the video whenever a frame comes on the screen, or what is shown of it changes. */
function showOverlay(
  box: HTMLElement,
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
  model: ResultModel,
): () => void {
  const context = canvas.getContext("2d");
  if (!context) return () => undefined;
  const mesh = meshLines(model.index);
  const size = sizesOf(box, video);
  const stop = effect(() => {
    const { width, height } = size.box();
    const ratio = devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
    }
    void model.arrived.value;
    const facts = model.index.video;
    const presented = model.player.presented.value;
    if (!presented || !facts) return;
    const place = projection(size.shown(), facts.width, facts.height);
    const brush = brushOf(context, place, ratio, palette.value.font);
    if (model.player.playing.value) drawPicture(context, video, size.shown());
    const seen = { persons: layerAt(model, "persons"), faces: layerAt(model, "faces") };
    model.hidden.value = drawOverlay(brush, {
      persons: seen.persons === "loading" ? null : seen.persons,
      faces: seen.faces === "loading" ? null : seen.faces,
      switches: model.switches.value,
      minConfidence: model.minConfidence.value,
      people: model.people.value,
      mesh,
    });
    canvas.dataset.frame = String(presented.frame);
    canvas.dataset.mediaTime = String(presented.mediaTime);
    canvas.dataset.loading = String(seen.persons === "loading" || seen.faces === "loading");
  });
  return () => {
    stop();
    size.close();
  };
}

/**
 * While it plays, the picture itself is drawn under the marks: the video's own picture is put on the screen by another thread, which
 * on a busy machine is frames ahead of the page, and then the marks would not lie on what they belong to.
 */
function drawPicture(context: CanvasRenderingContext2D, video: HTMLVideoElement, shown: Rect): void {
  context.drawImage(video, shown.left, shown.top, shown.width, shown.height);
}

function layerAt(model: ResultModel, name: LayerName): Shown | "loading" | null {
  const windows = model.layers[name];
  const presented = model.player.presented.value;
  if (!windows || !presented || !model.frames || presented.frame < 0) return null;
  const timeS = model.frames.time(presented.frame);
  windows.want(timeS);
  return windows.shown(presented.frame, timeS);
}

/** The sizes of the stage and of the picture in it. Reading `box()` in an effect has it run again when they change. */
function sizesOf(box: HTMLElement, video: HTMLVideoElement) {
  const now = () => ({
    width: box.clientWidth,
    height: box.clientHeight,
    shape: [video.videoWidth, video.videoHeight] as const,
  });
  const current = signal(now());
  const update = () => {
    current.value = now();
  };
  const watcher = new ResizeObserver(update);
  watcher.observe(box);
  video.addEventListener("resize", update);
  video.addEventListener("loadedmetadata", update);
  return {
    box: () => current.value,
    shown: (): Rect => contained(current.value.width, current.value.height, ...current.value.shape),
    close: () => {
      watcher.disconnect();
      video.removeEventListener("resize", update);
      video.removeEventListener("loadedmetadata", update);
    },
  };
}
