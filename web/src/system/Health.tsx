import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api/client";
import { ApiError } from "../api/errors";
import { Problem } from "../components/Problem";
import { useTask } from "../components/task";
import { plural } from "../format";

interface Details {
  database: {
    status: string;
    kind?: string;
    schema_version: string | null;
    jobs_count: number | null;
    error: string | null;
  };
  storage: {
    status: string;
    path: string;
    free_gb: number | null;
    total_gb: number | null;
    warning: string | null;
    error: string | null;
  };
  gpu: {
    available: boolean;
    devices: { name: string; memory_total_gb: number; memory_free_gb: number }[];
    reason?: string;
  };
  registry: {
    status: string;
    pipelines_loaded: number;
    unavailable: Record<string, string>;
    error: string | null;
  };
  workers: {
    status: string;
    active_jobs: number;
    max_concurrent_jobs: number;
    busy: { name: string; host: string; jobs: number }[];
  };
  queue: { waiting: number; running: number };
}

interface HealthDocument {
  status: string;
  version: string;
  details: Details;
}

const EVERY_MS = 5000;
const health = signal<HealthDocument | null>(null);

/** How the server is, looked at again while it is shown. */
export function Health() {
  const task = useTask(async () => {
    try {
      health.value = await get<HealthDocument>("health?detailed=true");
    } catch (error) {
      const sick = error instanceof ApiError ? error.document : null;
      if (!isHealth(sick)) throw error;
      health.value = sick;
    }
  });
  useEffect(() => {
    const look = () => {
      if (!document.hidden) void task.run();
    };
    look();
    const timer = setInterval(look, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const now = health.value;
  return (
    <section aria-labelledby="health">
      <h2 id="health">Health</h2>
      {task.error && <Problem error={task.error} onRetry={() => void task.run()} />}
      {now && (
        <div class="tiles">
          <Tile name="Server" state={now.status} lines={[`VideoAnnotator ${now.version}`]} />
          <Workers details={now.details} />
          <Disk storage={now.details.storage} />
          <Tile
            name="Database"
            state={now.details.database.status}
            lines={[
              now.details.database.kind ?? "",
              now.details.database.jobs_count === null ? "" : plural(now.details.database.jobs_count, "job"),
              now.details.database.error ?? "",
            ]}
          />
          <Tile
            name="Graphics processor"
            state={now.details.gpu.available ? "ok" : "none"}
            lines={
              now.details.gpu.available
                ? now.details.gpu.devices.map(
                    (one) => `${one.name}: ${one.memory_free_gb} of ${one.memory_total_gb} GB free`,
                  )
                : [now.details.gpu.reason ?? "", "None is needed."]
            }
          />
          <Pipelines registry={now.details.registry} />
        </div>
      )}
    </section>
  );
}

function isHealth(document: unknown): document is HealthDocument {
  return typeof document === "object" && document !== null && "details" in document;
}

function Workers({ details }: { details: Details }) {
  const { workers, queue } = details;
  const lines = [
    `${plural(queue.running, "job")} running, ${queue.waiting.toLocaleString("en")} waiting`,
    `at most ${workers.max_concurrent_jobs} at once for each worker`,
    ...workers.busy.map((one) => `${one.name} on ${one.host}: ${plural(one.jobs, "job")}`),
  ];
  return <Tile name="Workers" state={workers.status} lines={lines} />;
}

function Disk({ storage }: { storage: Details["storage"] }) {
  const { free_gb: free, total_gb: total } = storage;
  return (
    <Tile
      name="Disk"
      state={storage.status}
      lines={[storage.path, storage.warning ?? "", storage.error ?? ""]}
    >
      {free !== null && total !== null && (
        <>
          <meter
            min={0}
            max={total}
            high={0.9 * total}
            value={total - free}
            aria-label="Used part of the disk"
          />
          <p class="small">
            {free} of {total} GB free
          </p>
        </>
      )}
    </Tile>
  );
}

function Pipelines({ registry }: { registry: Details["registry"] }) {
  const missing = Object.entries(registry.unavailable);
  return (
    <Tile
      name="Pipelines"
      state={registry.status}
      lines={[`${registry.pipelines_loaded} ready`, registry.error ?? ""]}
    >
      {missing.length > 0 && (
        <details>
          <summary>{missing.length} not available</summary>
          <dl class="small">
            {missing.map(([name, reason]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{reason}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </Tile>
  );
}

interface TileProps {
  name: string;
  state: string;
  lines: readonly string[];
  children?: preact.ComponentChildren;
}

const TONES: Record<string, string> = {
  ok: "good",
  healthy: "good",
  idle: "good",
  busy: "good",
  processing: "good",
  warning: "warn",
  none: "",
};

function Tile({ name, state, lines, children }: TileProps) {
  return (
    <div class="card tile">
      <div class="spread">
        <h3>{name}</h3>
        <span class={`badge ${TONES[state] ?? "bad"}`}>{state}</span>
      </div>
      {lines.filter(Boolean).map((line) => (
        <p key={line} class="small">
          {line}
        </p>
      ))}
      {children}
    </div>
  );
}
