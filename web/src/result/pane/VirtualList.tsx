import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Heights } from "./heights";

interface Props {
  count: number;
  /** Height of an entry before it was measured, rem. */
  estimate: number;
  label: string;
  keyOf: (at: number) => string;
  children: (at: number) => ComponentChildren;
  /** The entry to keep in view, as long as the reader does not scroll; -1 for none. */
  follow?: number;
  /** Entry that Tab reaches; arrows go on from there. */
  active: number;
  onActive: (at: number) => void;
}

const MARGIN_PX = 300;
/** How long after the reader's own scrolling the list does not scroll by itself. */
const HANDS_OFF_MS = 4000;

/** A list of any length of which only the visible part exists. Up, Down, Home and End move in it. */
export function VirtualList(props: Props) {
  const { count, estimate, label, keyOf, follow = -1, active, onActive } = props;
  const box = useRef<HTMLDivElement>(null);
  const heights = useMemo(() => new Heights(count, estimate * remPx()), [count, keyOf]);
  const [range, setRange] = useState<[number, number]>([0, 30]);
  const [, setMeasured] = useState(0);
  const touched = useRef(Number.NEGATIVE_INFINITY);
  const focusNext = useRef(-1);

  const look = () => {
    if (!box.current) return;
    const { scrollTop, clientHeight } = box.current;
    const first = heights.at(scrollTop - MARGIN_PX);
    const end = Math.min(count, heights.at(scrollTop + clientHeight + MARGIN_PX) + 1);
    setRange((before) => (before[0] === first && before[1] === end ? before : [first, end]));
  };
  const show = (at: number) => {
    if (!box.current || at < 0) return;
    const { scrollTop, clientHeight } = box.current;
    const [top, bottom] = [heights.top(at), heights.top(at + 1)];
    if (top < scrollTop + 8 || bottom > scrollTop + clientHeight - 8) {
      box.current.scrollTop = Math.max(0, top - clientHeight / 3);
      look();
    }
  };

  useEffect(look, [count, heights]);
  useEffect(() => {
    if (!box.current) return;
    const resized = new ResizeObserver(look);
    resized.observe(box.current);
    return () => resized.disconnect();
  }, [heights]);
  useEffect(() => {
    if (performance.now() - touched.current > HANDS_OFF_MS) show(follow);
  }, [follow, heights]);
  const measure = () => {
    let changed = false;
    for (const entry of box.current?.querySelectorAll<HTMLElement>("[data-at]") ?? []) {
      changed = heights.measured(Number(entry.dataset.at), entry.offsetHeight) || changed;
    }
    if (changed) setMeasured((n) => n + 1);
  };
  useLayoutEffect(() => {
    measure();
    const waiting = box.current?.querySelector<HTMLElement>(`[data-at="${focusNext.current}"] button`);
    if (!waiting) return;
    waiting.focus({ preventScroll: true });
    focusNext.current = -1;
  });
  useEffect(() => {
    // text grows and wraps anew when the reader wants it larger or the window narrower
    const resized = new ResizeObserver(measure);
    for (const entry of box.current?.querySelectorAll("[data-at]") ?? []) resized.observe(entry);
    return () => resized.disconnect();
  }, [range, heights]);

  const onKeyDown = (event: KeyboardEvent) => {
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined || event.target instanceof HTMLInputElement || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const next = Math.min(Math.max(to, 0), count - 1);
    focusNext.current = next;
    onActive(next);
    show(next);
    setMeasured((n) => n + 1);
  };
  const byHand = () => {
    touched.current = performance.now();
  };
  const entries = [];
  for (let at = range[0]; at < Math.min(range[1], count); at += 1) {
    entries.push(
      <li
        key={keyOf(at)}
        data-at={at}
        aria-setsize={count}
        aria-posinset={at + 1}
        style={{ transform: `translateY(${heights.top(at)}px)` }}
      >
        {props.children(at)}
      </li>,
    );
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys move among the list's own buttons
    <div
      class="virtual"
      ref={box}
      onScroll={look}
      onWheel={byHand}
      onTouchMove={byHand}
      onKeyDown={onKeyDown}
    >
      <ul aria-label={label} style={{ height: `${heights.top(count)}px` }}>
        {entries}
      </ul>
    </div>
  );
}

function remPx(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}
