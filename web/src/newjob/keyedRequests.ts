import { DefaultHttpStack, type HttpRequest, type HttpResponse, type HttpStack } from "tus-js-client";
import { addressOf } from "../api/address";
import { keyHeaders } from "../api/client";
import { errorFrom, unreachable } from "../api/errors";
import { key, keyNeeded, signInAgain } from "../api/session";

/** What an answer to "how much is there?" can mean besides success: it is not there (any more), or somebody else writes to it. */
const TELLING = [404, 410, 423];

/**
 * How the upload client sends its requests: with today's key. When the server no longer takes the key, the user is asked for one and
 * the request is sent again, so that the client never hears of it.
 */
export class KeyedRequests implements HttpStack {
  private readonly plain = new DefaultHttpStack({});

  createRequest(method: string, url: string): HttpRequest {
    return new KeyedRequest(() => this.plain.createRequest(method, url), method, url);
  }

  getName(): string {
    return "KeyedRequests";
  }
}

class KeyedRequest implements HttpRequest {
  private readonly headers: Record<string, string> = {};
  private progress: (bytes: number) => void = () => {};
  private current: HttpRequest | null = null;
  private stopped = false;

  constructor(
    private readonly make: () => HttpRequest,
    private readonly method: string,
    private readonly url: string,
  ) {}

  getMethod(): string {
    return this.method;
  }

  getURL(): string {
    return this.url;
  }

  setHeader(name: string, value: string): void {
    this.headers[name] = value;
  }

  getHeader(name: string): string | undefined {
    return this.headers[name];
  }

  setProgressHandler(handler: (bytes: number) => void): void {
    this.progress = handler;
  }

  /**
   * @throws ApiError the server was not reached, takes no key of the user's, or gave to the question how much is there an answer that
   *   says nothing about it: the client would begin anew then, and what is there would be for nothing.
   */
  async send(body: unknown): Promise<HttpResponse> {
    for (;;) {
      const answer = await this.once(body);
      const status = answer.getStatus();
      if (status === 401) {
        const error = errorFrom(401, answer.getBody());
        const reason = key.value === null ? error.message : "The server no longer takes your key.";
        if (keyNeeded.value !== false && (await signInAgain(reason)) && !this.stopped) continue;
        throw error;
      }
      if (this.method === "HEAD" && (status < 200 || status >= 300) && !TELLING.includes(status))
        throw errorFrom(status, answer.getBody());
      return new Answer(answer);
    }
  }

  abort(): Promise<void> {
    this.stopped = true;
    return this.current?.abort() ?? Promise.resolve();
  }

  getUnderlyingObject(): unknown {
    return this.current?.getUnderlyingObject();
  }

  private async once(body: unknown): Promise<HttpResponse> {
    const request = this.make();
    this.current = request;
    for (const [name, value] of Object.entries({ ...this.headers, ...keyHeaders() }))
      request.setHeader(name, value);
    request.setProgressHandler(this.progress);
    try {
      return await request.send(body);
    } catch {
      throw unreachable();
    }
  }
}

/** An answer whose `Location` is where the app found the server: a proxy may have put a path before it that the server does not know of. */
class Answer implements HttpResponse {
  constructor(private readonly given: HttpResponse) {}

  getStatus(): number {
    return this.given.getStatus();
  }

  getHeader(name: string): string | undefined {
    const value = this.given.getHeader(name);
    return value && name === "Location" ? addressOf(new URL(value, location.href).pathname) : value;
  }

  getBody(): string {
    return this.given.getBody();
  }

  getUnderlyingObject(): unknown {
    return this.given.getUnderlyingObject();
  }
}
