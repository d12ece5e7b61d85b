import { computed, effect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ResultModel } from "../model";
import { grabBorder } from "./borders";
import { addGestures } from "./gestures";
import { hiddenGroups } from "./groups";
import { Playhead } from "./Playhead";
import { palette } from "./palette";
import { drawTimeline, frameOf, hit } from "./picture";
import { type Placed, placed, rowsOf, signalRows } from "./rows";
import { Tracks } from "./Tracks";
import { ThumbnailSheets } from "./thumbnails";

/** All tracks over time, on a canvas of the visible part's size. What can be done on it with a mouse, keys and lists can do too. */
export function Timeline({ model }: { model: ResultModel }) {
  const area = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const layout = useMemo(() => layoutOf(model), [model]);

  useEffect(() => {
    if (!area.current || !canvas.current) return;
    return showTimeline(area.current, canvas.current, model, () => layout.value.rows);
  }, [model]);

  return (
    <section class="timeline" aria-label="Time line">
      <Tracks model={model} />
      <div class="tracks-frame">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
        <section class="tracks" ref={area} tabIndex={0} aria-label="Tracks">
          <TrackSpace layout={layout}>
            <canvas
              ref={canvas}
              role="img"
              aria-label="What the tracks hold over time; the lists beside the video hold the same items"
            />
          </TrackSpace>
        </section>
        <Playhead model={model} area={area} />
      </div>
    </section>
  );
}

type Layout = { rows: Placed[]; height: number };

function layoutOf(model: ResultModel) {
  const has = { waveform: model.waveform !== null, thumbnails: model.index.thumbnails !== null };
  const rows = computed(() => rowsOf(model.timeline.value, model.people.value, has));
  return computed((): Layout => {
    const all = [...rows.value, ...signalRows(model.signals)];
    return placed(
      all.filter((row) => !hiddenGroups.value.has(row.group)),
      palette.value.rem,
    );
  });
}

/** As high as ruler and rows together, which makes the area scroll; the canvas in it stays where it is. */
function TrackSpace({ layout, children }: { layout: { value: Layout }; children: ComponentChildren }) {
  const ruler = frameOf(0, 0, 0, palette.value.rem).ruler;
  return (
    <div class="track-space" style={{ height: `${ruler + layout.value.height}px` }}>
      {children}
    </div>
  );
}

/** Keep the canvas showing what the model says, drawing at most once per picture of the screen. */
function showTimeline(
  area: HTMLElement,
  canvas: HTMLCanvasElement,
  model: ResultModel,
  rows: () => readonly Placed[],
): () => void {
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) return () => undefined;
  let request = 0;
  const redraw = () => {
    if (request === 0) request = requestAnimationFrame(draw);
  };
  const { thumbnails: facts } = model.index;
  const thumbnails = facts ? new ThumbnailSheets(facts, model.source, redraw) : null;
  const size = { width: area.clientWidth, height: area.clientHeight };
  const frame = () => frameOf(size.width, size.height, area.scrollTop, palette.value.rem);
  const draw = () => {
    request = 0;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      canvas.style.width = `${size.width}px`;
      canvas.style.height = `${size.height}px`;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawTimeline(context, model, rows(), frame(), palette.value, thumbnails);
    const { startS, endS } = model.view.shown.value;
    canvas.dataset.start = startS.toFixed(4);
    canvas.dataset.end = endS.toFixed(4);
  };
  const watched = [
    effect(() => {
      rows();
      void [
        model.view.shown.value,
        model.arrived.value,
        model.selected.value,
        model.dragged.value,
        palette.value,
      ];
      redraw();
    }),
    effect(() => {
      if (model.player.playing.value) model.view.reveal(model.player.timeS.value);
    }),
  ];
  const resized = new ResizeObserver(() => {
    size.width = area.clientWidth;
    size.height = area.clientHeight;
    redraw();
  });
  resized.observe(area);
  area.addEventListener("scroll", redraw, { passive: true });
  const { view } = model;
  const secondsPerPixel = () => view.spanS / Math.max(1, size.width - frame().left);
  const at = (x: number, y: number) => hit(rows(), frame(), view.shown.value, x, y);
  const release = addGestures(area, {
    frame,
    timeAt: (x) => view.shown.value.startS + (x - frame().left) * secondsPerPixel(),
    secondsPerPixel,
    grab: (x, y) => grabBorder(model, at(x, y), secondsPerPixel()),
    scrub: (timeS) => model.player.seek(timeS),
    pan: (seconds) => view.pan(seconds),
    scroll: (pixels) => area.scrollBy(0, pixels),
    zoom: (factor, aroundS) => view.zoom(factor, aroundS),
    click: (x, y) => {
      const { item, timeS } = at(x, y);
      if (item) model.select(item.kind, item.id, item.start_s);
      else if (x >= frame().left) model.seek(timeS);
    },
    doubleClick: (x, y) => {
      const { item } = at(x, y);
      if (item) view.fit(item.start_s, item.end_s);
    },
  });
  return () => {
    cancelAnimationFrame(request);
    for (const stop of watched) stop();
    resized.disconnect();
    area.removeEventListener("scroll", redraw);
    release();
    thumbnails?.close();
  };
}
