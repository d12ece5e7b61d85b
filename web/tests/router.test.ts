import { describe, expect, it } from "vitest";
import { addressOf, rootOf } from "../src/api/address";
import { bytes, clock, duration } from "../src/format";
import { hrefs, routeOf } from "../src/router";

describe("addresses of pages", () => {
  it("lead back to the page they were made for", () => {
    expect(routeOf(hrefs.job("a/b?c#d"))).toMatchObject({ page: "job", id: "a/b?c#d" });
    expect(routeOf(hrefs.exports(["one", "two&three"]))).toEqual({
      page: "exports",
      ids: ["one", "two&three"],
    });
    const jobs = routeOf(hrefs.jobs({ q: "näme=1" }));
    expect(jobs.page === "jobs" && jobs.query.get("q")).toBe("näme=1");
  });

  it("show the jobs when nothing is named, and say so when nothing is there", () => {
    expect(routeOf("").page).toBe("jobs");
    expect(routeOf("#/nowhere")).toEqual({ page: "unknown", path: "nowhere" });
    expect(routeOf("#/jobs/%E0%A4%A")).toMatchObject({ page: "job", id: "%E0%A4%A" });
  });
});

describe("addresses of the server", () => {
  it("lie below wherever the page lies, also behind a prefix that the server does not know of", () => {
    expect(rootOf("http://lab:8080/va/index.html?x#/jobs").href).toBe("http://lab:8080/va/");
    expect(addressOf("jobs?page=2", "http://lab:8080/va/#/jobs")).toBe(
      "http://lab:8080/va/api/v1/jobs?page=2",
    );
    expect(addressOf("/api/v1/jobs/1/video", "http://lab:8080/va/")).toBe(
      "http://lab:8080/va/api/v1/jobs/1/video",
    );
    expect(addressOf("/va/api/v1/jobs/1", "http://lab:8080/va/")).toBe("http://lab:8080/va/api/v1/jobs/1");
  });
});

describe("numbers for people", () => {
  it("are in the unit that people would choose", () => {
    expect([bytes(0), bytes(999), bytes(1500), bytes(2_345_000_000)]).toEqual([
      "0 B",
      "999 B",
      "1.5 kB",
      "2.3 GB",
    ]);
    expect([duration(0.4), duration(200), duration(3900)]).toEqual(["0 s", "3 min 20 s", "1 h 05 min"]);
    expect([clock(3723.4504), clock(59.9996), clock(-1.5, 1), clock(61, 0)]).toEqual([
      "1:02:03.450",
      "0:01:00.000",
      "-0:00:01.5",
      "0:01:01",
    ]);
  });
});
