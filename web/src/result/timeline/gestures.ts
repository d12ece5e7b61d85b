const CLICK_PX = 4;
const ZOOM_PER_WHEEL_PX = 0.0022;

export interface Hands {
  /** Where the tracks begin and how high the ruler is, CSS pixels. */
  frame: () => { left: number; ruler: number };
  timeAt: (x: number) => number;
  secondsPerPixel: () => number;
  scrub: (timeS: number) => void;
  /** A border to drag lies here: what moves it, and what is done when it is let go. */
  grab: (x: number, y: number) => { move: (timeS: number) => void; drop: () => void } | null;
  pan: (seconds: number) => void;
  scroll: (pixels: number) => void;
  zoom: (factor: number, aroundS: number) => void;
  click: (x: number, y: number) => void;
  doubleClick: (x: number, y: number) => void;
}

interface Finger {
  x: number;
  y: number;
}

/** Mouse, touch and trackpad on a time line: scrub on the ruler, pan on the tracks, zoom with Ctrl and the wheel or two fingers. */
export function addGestures(area: HTMLElement, hands: Hands): () => void {
  const fingers = new Map<number, Finger>();
  let start: (Finger & { scrubbing: boolean }) | null = null;
  let moved = false;
  let border: ReturnType<Hands["grab"]> = null;
  const place = (event: MouseEvent): Finger => {
    const box = area.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const at = place(event);
    fingers.set(event.pointerId, at);
    area.setPointerCapture(event.pointerId);
    const { left, ruler } = hands.frame();
    moved = fingers.size > 1;
    start = { ...at, scrubbing: at.y < ruler && at.x >= left };
    border = start.scrubbing || moved ? null : hands.grab(at.x, at.y);
    if (start.scrubbing) hands.scrub(hands.timeAt(at.x));
  };
  const move = (event: PointerEvent) => {
    const before = fingers.get(event.pointerId);
    if (!before || !start) return;
    const at = place(event);
    if (fingers.size === 2) pinch(event.pointerId, before, at);
    else if (start.scrubbing) hands.scrub(hands.timeAt(at.x));
    else if (border && Math.abs(at.x - start.x) > 1) {
      moved = true;
      border.move(hands.timeAt(at.x));
    } else if (moved || Math.hypot(at.x - start.x, at.y - start.y) > CLICK_PX) {
      moved = true;
      hands.pan((before.x - at.x) * hands.secondsPerPixel());
      if (event.pointerType !== "touch") hands.scroll(before.y - at.y);
    } else return;
    fingers.set(event.pointerId, at);
  };
  const pinch = (id: number, before: Finger, at: Finger) => {
    const other = [...fingers].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const [apart, nowApart] = [Math.abs(before.x - other.x), Math.abs(at.x - other.x)];
    if (Math.min(apart, nowApart) > 8) hands.zoom(apart / nowApart, hands.timeAt((at.x + other.x) / 2));
    hands.pan(((before.x - at.x) / 2) * hands.secondsPerPixel());
  };
  const up = (event: PointerEvent) => {
    if (!fingers.delete(event.pointerId)) return;
    if (fingers.size > 0 || !start) return;
    const click = !moved && !start.scrubbing && event.type === "pointerup";
    start = null;
    if (border && moved) border.drop();
    border = null;
    const at = place(event);
    if (click) hands.click(at.x, at.y);
  };
  const twice = (event: MouseEvent) => {
    const at = place(event);
    hands.doubleClick(at.x, at.y);
  };
  const wheel = (event: WheelEvent) => {
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const strength = event.deltaY * pixels * (Math.abs(event.deltaY) < 20 ? 5 : 1); // a pinch on a trackpad sends small numbers
      hands.zoom(Math.exp(strength * ZOOM_PER_WHEEL_PX), hands.timeAt(place(event).x));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      hands.pan((event.deltaX || event.deltaY) * pixels * hands.secondsPerPixel());
    }
  };

  area.addEventListener("pointerdown", down);
  area.addEventListener("pointermove", move);
  area.addEventListener("pointerup", up);
  area.addEventListener("pointercancel", up);
  area.addEventListener("dblclick", twice);
  area.addEventListener("wheel", wheel, { passive: false });
  return () => {
    area.removeEventListener("pointerdown", down);
    area.removeEventListener("pointermove", move);
    area.removeEventListener("pointerup", up);
    area.removeEventListener("pointercancel", up);
    area.removeEventListener("dblclick", twice);
    area.removeEventListener("wheel", wheel);
  };
}
