import type { LayerName, RawFaceTrack, RawPersonTrack, RawWindow } from "./documents";
import { lastAtOrBefore } from "./search";

export const KEYPOINTS = 17;
const TENTH = 0.1;

/** A window of a layer as flat arrays, which a worker hands over without copying. Coordinates are pixels; missing numbers are NaN. */
export interface Packed {
  layer: LayerName;
  startS: number;
  endS: number;
  /** Time and number of each frame that has observations. */
  times: Float64Array;
  frames: Int32Array;
  /** Observations of frame k: `first[k]` up to `first[k + 1]`. */
  first: Int32Array;
  track: Int32Array;
  /** x, y, width, height. */
  box: Float32Array;
  score: Float32Array;
  /** A letter's code: d detected, t tracked, i interpolated. */
  evidence: Uint8Array;
  /** 17 times x, y, visibility (0 unseen, 1 unsure, 2 seen); a pose that is missing is NaN. */
  pose: Float32Array;
  /** Five points of a face. */
  points: Float32Array;
  /** `meshSize` points of the mesh. */
  mesh: Float32Array;
  meshSize: number;
  /** Degrees: yaw, pitch, roll of the head; yaw, pitch of the gaze. */
  head: Float32Array;
  gaze: Float32Array;
  /** An index into `expressions`, -1 for none, with its probability. */
  expression: Int8Array;
  expressionScore: Float32Array;
  expressions: string[];
  blink: Float32Array;
}

type AnyTrack = Partial<RawPersonTrack & RawFaceTrack> &
  Pick<RawPersonTrack, "id" | "at" | "box" | "score" | "evidence">;

/** Lay out a window frame by frame. */
export function pack(
  layer: LayerName,
  startS: number,
  endS: number,
  raw: RawWindow,
  meshSize: number,
): Packed {
  const tracks = raw.tracks as unknown as AnyTrack[];
  const first = new Int32Array(raw.frames.length + 1);
  for (const track of tracks) for (const at of track.at) first[at + 1] = (first[at + 1] as number) + 1;
  for (let k = 0; k < raw.frames.length; k += 1)
    first[k + 1] = (first[k + 1] as number) + (first[k] as number);
  const total = first[raw.frames.length] as number;
  const packed = empty(layer, startS, endS, raw, first, total, meshSize);
  const next = first.slice();
  for (const track of tracks) {
    track.at.forEach((frame, seen) => {
      const at = next[frame] as number;
      next[frame] = at + 1;
      putCommon(packed, at, track, seen);
      if (layer === "persons") putPose(packed, at, track.pose?.[seen] as number[] | null | undefined);
      else putFace(packed, at, track, seen);
    });
  }
  return packed;
}

function empty(
  layer: LayerName,
  startS: number,
  endS: number,
  raw: RawWindow,
  first: Int32Array,
  total: number,
  meshSize: number,
): Packed {
  const faces = layer === "faces" ? total : 0;
  const missing = (length: number) => new Float32Array(length).fill(Number.NaN);
  return {
    layer,
    startS,
    endS,
    times: Float64Array.from(raw.frames, (frame) => frame.t),
    frames: Int32Array.from(raw.frames, (frame) => frame.i),
    first,
    track: new Int32Array(total),
    box: new Float32Array(4 * total),
    score: missing(total),
    evidence: new Uint8Array(total),
    pose: missing(layer === "persons" ? 3 * KEYPOINTS * total : 0),
    points: missing(10 * faces),
    mesh: missing(2 * meshSize * faces),
    meshSize,
    head: missing(3 * faces),
    gaze: missing(2 * faces),
    expression: new Int8Array(faces).fill(-1),
    expressionScore: missing(faces),
    expressions: [],
    blink: missing(2 * faces),
  };
}

function putCommon(packed: Packed, at: number, track: AnyTrack, seen: number): void {
  packed.track[at] = track.id;
  putScaled(packed.box, 4 * at, track.box[seen]);
  packed.score[at] = track.score[seen] ?? Number.NaN;
  packed.evidence[at] = track.evidence.charCodeAt(seen);
}

function putPose(packed: Packed, at: number, pose: number[] | null | undefined): void {
  if (!pose) return;
  for (let point = 0; point < KEYPOINTS; point += 1) {
    const to = 3 * (KEYPOINTS * at + point);
    packed.pose[to] = (pose[4 * point] ?? Number.NaN) * TENTH;
    packed.pose[to + 1] = (pose[4 * point + 1] ?? Number.NaN) * TENTH;
    packed.pose[to + 2] = pose[4 * point + 2] ?? 0;
  }
}

function putFace(packed: Packed, at: number, track: AnyTrack, seen: number): void {
  putScaled(packed.points, 10 * at, track.points?.[seen]);
  putScaled(packed.mesh, 2 * packed.meshSize * at, track.mesh?.[seen]?.slice(0, 2 * packed.meshSize));
  const head = track.pose?.[seen] as number[] | null | undefined;
  if (head) packed.head.set(head.slice(0, 3), 3 * at);
  const gaze = track.gaze?.[seen];
  if (gaze) packed.gaze.set(gaze, 2 * at);
  const blink = track.blink?.[seen];
  if (blink) packed.blink.set(blink, 2 * at);
  const expression = track.expression?.[seen];
  if (!expression) return;
  let name = packed.expressions.indexOf(expression[0]);
  if (name < 0) name = packed.expressions.push(expression[0]) - 1;
  packed.expression[at] = name;
  packed.expressionScore[at] = expression[1];
}

function putScaled(target: Float32Array, from: number, values: readonly number[] | null | undefined): void {
  values?.forEach((value, at) => {
    target[from + at] = value * TENTH;
  });
}

/** All buffers of a window: what a worker hands over, and what it weighs. */
export function buffersOf(packed: Packed): ArrayBuffer[] {
  return Object.values(packed)
    .filter((value): value is Float32Array<ArrayBuffer> => ArrayBuffer.isView(value))
    .map((view) => view.buffer);
}

export function bytesOf(packed: Packed): number {
  return buffersOf(packed).reduce((sum, buffer) => sum + buffer.byteLength, 0);
}

/**
 * How long after its own frame an observation may be shown: 0 where every frame was looked at, else one sampling period, which is the
 * usual distance between the frames that were looked at.
 */
export function holdS(packed: Packed): number {
  const count = packed.times.length;
  if (count < 2) return 0;
  const steps: number[] = [];
  for (let k = 1; k < count; k += 1)
    steps.push((packed.frames[k] as number) - (packed.frames[k - 1] as number));
  steps.sort((a, b) => a - b);
  if ((steps[steps.length >> 1] as number) <= 1) return 0;
  const gaps: number[] = [];
  for (let k = 1; k < count; k += 1) gaps.push((packed.times[k] as number) - (packed.times[k - 1] as number));
  gaps.sort((a, b) => a - b);
  return gaps[gaps.length >> 1] as number;
}

/**
 * Which of a window's frames is shown while the video shows `frame` at `timeS`: its own, or the last one before it that may still be held.
 * -1 when nothing may be shown.
 */
export function shownFrame(packed: Packed, frame: number, timeS: number, hold: number): number {
  const at = lastAtOrBefore(packed.frames, frame);
  if (at < 0) return -1;
  if (packed.frames[at] === frame) return at;
  return timeS - (packed.times[at] as number) < hold - 1e-4 ? at : -1;
}
