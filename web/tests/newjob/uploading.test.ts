import { DetailedError } from "tus-js-client";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/api/errors";
import { sorted } from "../../src/newjob/picking";
import { isPassing, waitAfter } from "../../src/newjob/retrying";
import { idIn, metadataOf, plain } from "../../src/newjob/sending";
import { Speed } from "../../src/newjob/speed";
import { matched, metadataIn, type Unfinished } from "../../src/newjob/unfinished";

function picked(path: string, size = 1, type = "") {
  const name = path.split("/").at(-1) ?? "";
  return { path, file: new File([new Uint8Array(size)], name, { type, lastModified: 5 }) };
}

describe("choosing", () => {
  it("takes single files whatever they are, and of folders the recordings, in the order of their names", () => {
    const chosen = [
      picked("notes.txt"),
      picked("day/clip10.MP4"),
      picked("day/clip9.mp4"),
      picked("day/notes.txt"),
      picked("day/odd", 1, "video/x-odd"),
      picked("day/._clip9.mp4"),
    ];
    const { taken, left } = sorted(chosen);
    expect(taken.map((one) => one.path)).toEqual(["day/clip9.mp4", "day/clip10.MP4", "day/odd", "notes.txt"]);
    expect(left).toEqual(["day/notes.txt", "day/._clip9.mp4"]);
  });

  it("finds the upload that a file belongs to, each only once", () => {
    const upload = (id: string, name: string, size: number): Unfinished => ({
      id,
      name,
      size,
      offset: 0,
      complete: false,
      expiresAt: "",
    });
    const uploads = [upload("a", "one.mp4", 3), upload("b", "two.mp4", 3)];
    const files = [picked("x/one.mp4", 3), picked("y/one.mp4", 3), picked("two.mp4", 4)];
    const { pairs, others } = matched(files, uploads);
    expect(pairs.map(([found, one]) => [found.id, one.path])).toEqual([["a", "x/one.mp4"]]);
    expect(others.map((one) => one.path)).toEqual(["y/one.mp4", "two.mp4"]);
  });

  it("writes down what tells files apart, in a way that the server's answer can be read again", () => {
    const { file } = picked("Ümläut <b>.mp4", 2, "video/mp4");
    expect(metadataOf(file)).toEqual({
      filename: "Ümläut <b>.mp4",
      filetype: "video/mp4",
      lastmodified: "5",
    });
    const header = "filename w5xtbMOkdXQ=,lastmodified NQ==,empty,bad !!";
    expect([...metadataIn(header)]).toEqual([
      ["filename", "Ümläut"],
      ["lastmodified", "5"],
      ["empty", ""],
      ["bad", ""],
    ]);
    expect(metadataIn(null).size).toBe(0);
    expect(idIn("http://lab/va/api/v1/uploads/12-ab")).toBe("12-ab");
  });
});

describe("what does not work", () => {
  const request = { getMethod: () => "PATCH", getURL: () => "u", getHeader: () => undefined } as never;

  it("is said in the server's words", () => {
    const body = { error: { code: "STORAGE_FULL", message: "Full.", hint: "Free some.", field: null } };
    const answer = {
      getStatus: () => 507,
      getBody: () => JSON.stringify(body),
      getHeader: () => "r1",
    } as never;
    const error = plain(detailed(null, answer));
    expect(error).toMatchObject({ status: 507, code: "STORAGE_FULL", message: "Full.", hint: "Free some." });
    expect(isPassing(error)).toBe(false);
    const cause = new ApiError(0, "UNREACHABLE", "No answer.");
    expect(plain(detailed(cause, null))).toBe(cause);
    expect(isPassing(cause)).toBe(true);
  });

  it("is tried again when it may pass, later and later", () => {
    const passing = [0, 408, 409, 423, 429, 500, 503].map((status) =>
      isPassing(new ApiError(status, "", "")),
    );
    expect(passing.every(Boolean)).toBe(true);
    const lasting = [400, 401, 403, 404, 410, 413, 422, 507].map((status) =>
      isPassing(new ApiError(status, "", "")),
    );
    expect(lasting.some(Boolean)).toBe(false);
    expect(isPassing(new Error("out of memory"))).toBe(false);
    expect([1, 2, 3, 6, 7, 50].map(waitAfter)).toEqual([1, 2, 4, 30, 30, 30]);
  });

  function detailed(cause: Error | null, answer: never | null): Error {
    const error = Object.create(DetailedError.prototype) as { originalRequest: never };
    return Object.assign(error, {
      originalRequest: request,
      originalResponse: answer,
      causingError: cause,
    }) as unknown as Error;
  }
});

describe("speed", () => {
  it("is that of the last seconds, and is not told before there is one", () => {
    const speed = new Speed();
    speed.note(0, 0);
    expect([speed.perSecond(), speed.secondsTo(10)]).toEqual([null, null]);
    for (let second = 1; second <= 20; second += 1)
      speed.note(second < 10 ? second : 10 * second, 1000 * second);
    expect(speed.perSecond()).toBeCloseTo(10, 5);
    expect(speed.secondsTo(1200)).toBeCloseTo(100, 5);
  });

  it("begins anew where an upload goes on from an earlier place, and knows no end when nothing moves", () => {
    const speed = new Speed();
    speed.note(1000, 0);
    speed.note(500, 1000);
    expect(speed.perSecond()).toBe(null);
    speed.note(500, 3000);
    expect([speed.perSecond(), speed.secondsTo(1000)]).toEqual([0, null]);
  });
});
