import { DetailedError, Upload } from "tus-js-client";
import { addressOf } from "../api/address";
import { ApiError, errorFrom } from "../api/errors";
import { KeyedRequests } from "./keyedRequests";

/**
 * At most so much is sent in one request. When a connection breaks, Chromium first repeats the request by itself, from its start: so
 * much may go over the line for nothing before this page hears of it.
 */
const PIECE_BYTES = 16 * 1024 * 1024;

export interface Listener {
  /** How much the server has, or has been sent. */
  onProgress: (bytes: number) => void;
  /** The upload has an address on the server: it was begun, or found there. */
  onBegun: (uploadId: string) => void;
  /** What was on the server is no longer there, and it begins anew. */
  onLost: () => void;
  onDone: (uploadId: string) => void;
  /** It has stopped; `start` goes on where it was. */
  onProblem: (error: Error) => void;
}

/** One file on its way to the server. It starts, stops and goes on where it was as often as one likes. */
export class Sending {
  private readonly upload: Upload;

  /** `uploadId` is of an upload that was begun earlier, when that is known; otherwise the browser's memory is asked. */
  constructor(
    file: File,
    private readonly listener: Listener,
    private uploadId: string | null = null,
  ) {
    this.upload = new Upload(file, {
      endpoint: addressOf("uploads"),
      uploadUrl: uploadId === null ? null : addressOf(`uploads/${uploadId}`),
      metadata: metadataOf(file),
      chunkSize: PIECE_BYTES,
      retryDelays: null, // the queue knows better when to try again
      removeFingerprintOnSuccess: true,
      httpStack: new KeyedRequests(),
      onUploadUrlAvailable: () => this.begun(),
      onProgress: (sent) => listener.onProgress(sent),
      onSuccess: () => listener.onDone(idIn(this.upload.url)),
      onError: (error) => listener.onProblem(plain(error)),
    });
  }

  async start(): Promise<void> {
    if (this.uploadId === null) {
      const [earlier] = (await this.upload.findPreviousUploads()).sort(newestFirst);
      if (earlier) {
        this.uploadId = idIn(earlier.uploadUrl);
        this.upload.resumeFromPreviousUpload(earlier);
      }
    }
    this.upload.start();
  }

  stop(): void {
    void this.upload.abort();
  }

  private begun(): void {
    const id = idIn(this.upload.url);
    if (this.uploadId !== null && this.uploadId !== id) this.listener.onLost();
    this.uploadId = id;
    this.listener.onBegun(id);
  }
}

/** What the server keeps beside an upload. By the time of the last change, files of one name and size are told apart. */
export function metadataOf(file: File): Record<string, string> {
  return { filename: file.name, filetype: file.type, lastmodified: String(file.lastModified) };
}

export function idIn(url: string | null): string {
  return decodeURIComponent(url?.split("/").at(-1) ?? "");
}

/** The server's words, out of what the upload client makes of them. */
export function plain(error: Error): Error {
  if (error instanceof ApiError || !(error instanceof DetailedError)) return error;
  if (error.causingError instanceof ApiError) return error.causingError;
  const answer = error.originalResponse;
  return answer === null || answer === undefined
    ? error
    : errorFrom(answer.getStatus(), answer.getBody(), answer.getHeader("X-Request-ID") ?? null);
}

/** Forget which files this browser has begun to upload. */
export function forgetUploads(): void {
  for (const name of Object.keys(localStorage)) if (name.startsWith("tus::")) localStorage.removeItem(name);
}

function newestFirst(a: { creationTime: string }, b: { creationTime: string }): number {
  return Date.parse(b.creationTime) - Date.parse(a.creationTime);
}
