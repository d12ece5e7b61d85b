/** A rectangle, CSS pixels. */
export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Where a picture of this shape lies when it fills a box without being cut or stretched. */
export function contained(boxWidth: number, boxHeight: number, width: number, height: number): Rect {
  if (width <= 0 || height <= 0 || boxWidth <= 0 || boxHeight <= 0)
    return { left: 0, top: 0, width: 0, height: 0 };
  const scale = Math.min(boxWidth / width, boxHeight / height);
  const shown = { width: width * scale, height: height * scale };
  return { left: (boxWidth - shown.width) / 2, top: (boxHeight - shown.height) / 2, ...shown };
}

/** From pixels of the recording to CSS pixels of the stage. Pixels need not be square. */
export interface Projection {
  left: number;
  top: number;
  perX: number;
  perY: number;
}

export function projection(shown: Rect, width: number, height: number): Projection {
  return { left: shown.left, top: shown.top, perX: shown.width / width, perY: shown.height / height };
}

/** The tip of a ray: yaw is positive to the right of the picture, pitch upwards; it is shorter the more it points at the camera. */
export function rayTip(
  x: number,
  y: number,
  yawDeg: number,
  pitchDeg: number,
  length: number,
): [number, number] {
  const yaw = (yawDeg * Math.PI) / 180;
  const pitch = (pitchDeg * Math.PI) / 180;
  return [x + length * Math.sin(yaw) * Math.cos(pitch), y - length * Math.sin(pitch)];
}
