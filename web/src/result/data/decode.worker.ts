import type { LayerName, RawWindow } from "./documents";
import { buffersOf, type Packed, pack } from "./packed";
import { type Pyramid, pyramid, pyramidBuffers } from "./pyramid";

export type Order =
  | {
      kind: "window";
      id: number;
      layer: LayerName;
      startS: number;
      endS: number;
      meshSize: number;
      data: ArrayBuffer;
    }
  | { kind: "signal"; id: number; count: number; data: ArrayBuffer };

export type Answer =
  | { kind: "window"; id: number; packed: Packed }
  | { kind: "signal"; id: number; pyramid: Pyramid }
  | { kind: "failed"; id: number; message: string };

const here = self as unknown as DedicatedWorkerGlobalScope;

here.onmessage = async ({ data: order }: MessageEvent<Order>) => {
  try {
    if (order.kind === "window") {
      const raw = await unzip(order.data);
      const packed = pack(order.layer, order.startS, order.endS, raw, order.meshSize);
      say({ kind: "window", id: order.id, packed }, buffersOf(packed));
    } else {
      const times = new Float64Array(order.data, 0, order.count);
      const values = new Float32Array(order.data, 8 * order.count, order.count);
      const made = pyramid(times, values);
      say({ kind: "signal", id: order.id, pyramid: made }, pyramidBuffers(made));
    }
  } catch (error) {
    say(
      { kind: "failed", id: order.id, message: error instanceof Error ? error.message : String(error) },
      [],
    );
  }
};

async function unzip(data: ArrayBuffer): Promise<RawWindow> {
  if (data.byteLength === 0) return { frames: [], tracks: [] };
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).json()) as RawWindow;
}

function say(answer: Answer, buffers: ArrayBuffer[]): void {
  here.postMessage(answer, buffers);
}
