import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { JOB_STATES, type JobState } from "../api/documents";
import { Problem } from "../components/Problem";
import { plural } from "../format";
import { actionsFor, JobActions } from "../jobs/actions";
import { JobRow } from "../jobs/JobRow";
import { JobList } from "../jobs/list";
import { Pages } from "../jobs/Pages";
import { nameOfState } from "../jobs/words";
import { go, hrefs } from "../router";
import "../styles/jobs.css";

const PER_PAGE = 50;
const TYPING_MS = 250;

export function Jobs({ query }: { query: URLSearchParams }) {
  const list = useMemo(() => new JobList(), []);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const page = Math.max(1, Math.floor(Number(query.get("page"))) || 1);
  const search = query.get("q") ?? "";
  const states = JOB_STATES.filter((state) => (query.get("status") ?? "").split(",").includes(state));

  useEffect(() => {
    list.start();
    return () => list.stop();
  }, [list]);
  useEffect(() => {
    list.show({ page, perPage: PER_PAGE, search, states });
    setChosen(new Set());
  }, [list, page, search, states.join()]);

  const jobs = list.jobs.value;
  const selection = (jobs ?? []).filter((job) => chosen.has(job.id));
  const show = (change: { page?: number; q?: string; states?: readonly JobState[] }, replace = false) => {
    const next: Record<string, string> = {};
    const q = change.q ?? search;
    const status = (change.states ?? states).join();
    if (q) next.q = q;
    if (status) next.status = status;
    if ((change.page ?? 1) > 1) next.page = String(change.page);
    go(hrefs.jobs(next), replace);
  };
  const choose = (ids: readonly string[], on: boolean) =>
    setChosen((before) => {
      const after = new Set(before);
      for (const id of ids) on ? after.add(id) : after.delete(id);
      return after;
    });

  return (
    <>
      <div class="spread">
        <h1>Jobs</h1>
        <a class="button main" href={hrefs.newJob()}>
          New job
        </a>
      </div>
      <search class="filters">
        <SearchField value={search} onChange={(q) => show({ q }, true)} />
        <fieldset>
          <legend class="unseen">Show only</legend>
          {JOB_STATES.map((state) => (
            <label key={state} class="line">
              <input
                type="checkbox"
                checked={states.includes(state)}
                onInput={(event) => {
                  const others = states.filter((one) => one !== state);
                  show({ states: event.currentTarget.checked ? [...others, state] : others });
                }}
              />
              {nameOfState(state)}
            </label>
          ))}
        </fieldset>
      </search>
      {list.error.value && <Problem error={list.error.value} onRetry={() => void list.refresh()} />}
      {jobs === null && list.error.value === null && <p class="quiet">Loading …</p>}
      {jobs?.length === 0 && <Nothing filtered={search !== "" || states.length > 0} page={page} />}
      {jobs !== null && jobs.length > 0 && (
        <>
          <div class="spread chosen">
            <span class="quiet">
              {plural(list.total.value, "job")}
              {selection.length > 0 && `, ${selection.length} chosen`}
            </span>
            {selection.length > 0 && (
              <span class="actions">
                <JobActions
                  jobs={selection}
                  actions={[...new Set(selection.flatMap(actionsFor))]}
                  onDone={() => {
                    setChosen(new Set());
                    void list.refresh();
                  }}
                />
                <a class="button small" href={hrefs.exports(selection.map((job) => job.id))}>
                  Export
                </a>
              </span>
            )}
          </div>
          <div class="scroll">
            <table class="jobs">
              <thead>
                <tr>
                  <th scope="col">
                    <input
                      type="checkbox"
                      aria-label="Choose all on this page"
                      checked={selection.length === jobs.length}
                      onInput={(event) =>
                        choose(
                          jobs.map((job) => job.id),
                          event.currentTarget.checked,
                        )
                      }
                    />
                  </th>
                  <th scope="col">Recording</th>
                  <th scope="col">State</th>
                  <th scope="col">Submitted</th>
                  <th scope="col">
                    <span class="unseen">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {jobs.map((job) => (
                  <JobRow
                    key={job.id}
                    job={job}
                    chosen={chosen.has(job.id)}
                    onChoose={(on) => choose([job.id], on)}
                    onDone={() => void list.refresh()}
                  />
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      <Pages page={page} pages={Math.ceil(list.total.value / PER_PAGE)} onGo={(to) => show({ page: to })} />
    </>
  );
}

/** Searches while one types, not at every key. */
function SearchField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <label class="search">
      <span class="unseen">Search by name, tag or id</span>
      <input
        type="search"
        placeholder="Search by name, tag or id"
        value={text}
        maxLength={200}
        onInput={(event) => {
          const next = event.currentTarget.value;
          setText(next);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => onChange(next.trim()), TYPING_MS);
        }}
      />
    </label>
  );
}

function Nothing({ filtered, page }: { filtered: boolean; page: number }) {
  if (page > 1) return <p>There are not so many pages. Go back to the first one.</p>;
  if (filtered) {
    return (
      <p>
        No job fits. <a href={hrefs.jobs()}>Show all jobs</a>
      </p>
    );
  }
  return (
    <div class="card">
      <h2>No jobs yet</h2>
      <p>Add recordings, choose what to look for, and the results appear here.</p>
      <a class="button main" href={hrefs.newJob()}>
        New job
      </a>
    </div>
  );
}
