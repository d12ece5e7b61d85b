import { ask } from "../../api/client";

/** Part of a file: where it starts and how long it is, bytes. */
export interface Part {
  offset: number;
  length: number;
}

/** The view products of one job. Their addresses carry the run's token, so that the browser never mixes two runs. */
export class ViewSource {
  token: number | null = null;

  constructor(
    readonly jobId: string,
    private readonly request: typeof ask = ask,
  ) {}

  /** A JSON document; asked anew each time, since what it says may have changed. */
  async document<T>(name: string, signal?: AbortSignal): Promise<T> {
    const answer = await this.request(this.address(name), {
      headers: { "Cache-Control": "no-cache" },
      ...(signal ? { signal } : {}),
    });
    return (await answer.json()) as T;
  }

  /** A file, or a part of it. */
  async bytes(name: string, part?: Part, signal?: AbortSignal): Promise<ArrayBuffer> {
    const headers: Record<string, string> = part
      ? { Range: `bytes=${part.offset}-${part.offset + part.length - 1}` }
      : {};
    const answer = await this.request(this.address(name), { headers, ...(signal ? { signal } : {}) });
    const data = await answer.arrayBuffer();
    // a proxy that does not know Range answers with the whole file
    const whole = part !== undefined && answer.status === 200 && data.byteLength !== part.length;
    return whole ? data.slice(part.offset, part.offset + part.length) : data;
  }

  private address(name: string): string {
    const inside = name
      .replace(/^view\//, "")
      .split("/")
      .map(encodeURIComponent)
      .join("/");
    const query = this.token === null ? "" : `?token=${this.token}`;
    return `jobs/${encodeURIComponent(this.jobId)}/view/${inside}${query}`;
  }
}
