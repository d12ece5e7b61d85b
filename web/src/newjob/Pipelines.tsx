import { useEffect, useRef } from "preact/hooks";
import type { PipelineInfo } from "../api/documents";
import { Problem } from "../components/Problem";
import { useTask } from "../components/task";
import { plural } from "../format";
import { verdict } from "./checking";
import { Findings } from "./Findings";
import type { Field } from "./fields";
import { countChanged, fields, form, included, loadPipelines, pipelines, select, selection } from "./form";
import { OptionFields } from "./OptionFields";

/** Which pipelines run, and with which options. */
export function Pipelines() {
  const load = useTask(loadPipelines);
  useEffect(() => void load.run(), []);
  const infos = pipelines.value;
  const missing = infos?.filter((info) => !info.available) ?? [];
  const others = useOpened(missing.some(isSelected));
  return (
    <section aria-labelledby="pipelines" class="stack">
      <h2 id="pipelines">Pipelines</h2>
      {load.error && <Problem error={load.error} onRetry={load.run} />}
      {infos === null && load.busy && <p class="quiet">Loading …</p>}
      {infos !== null && (
        <ul class="files">
          {ordered(infos.filter((info) => info.available)).map((info) => (
            <Pipeline key={info.name} info={info} />
          ))}
        </ul>
      )}
      {missing.length > 0 && (
        <details class="missing" ref={others}>
          <summary>{plural(missing.length, "pipeline")} more, which this server cannot run as it is</summary>
          <ul class="files">
            {ordered(missing).map((info) => (
              <Pipeline key={info.name} info={info} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

/** Opens a section as soon as there is something in it to be seen. Only the user closes it. */
function useOpened(wanted: boolean) {
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (wanted && details.current) details.current.open = true;
  }, [wanted]);
  return details;
}

/** The default ones come first. */
function ordered(infos: readonly PipelineInfo[]): PipelineInfo[] {
  const rank = (info: PipelineInfo) => (info.default_enabled ? 0 : 1);
  return [...infos].sort((a, b) => rank(a) - rank(b) || titleOf(a.name).localeCompare(titleOf(b.name)));
}

function isSelected(info: PipelineInfo): boolean {
  return selection.value.includes(info.name);
}

function Pipeline({ info }: { info: PipelineInfo }) {
  const selected = isSelected(info);
  const container = included.value.get(info.name);
  const id = `pipeline-${info.name}`;
  return (
    <li class="card pipeline">
      <div class="spread">
        <label class="line" for={id}>
          <input
            id={id}
            type="checkbox"
            checked={selected}
            aria-describedby={`${id}-about`}
            onInput={(event) => select(info.name, event.currentTarget.checked)}
          />
          <strong>{info.display_name || info.name}</strong>
        </label>
        <span class="actions">
          {info.modalities.map((modality) => (
            <span class="badge" key={modality}>
              {modality}
            </span>
          ))}
          {!info.available && <span class="badge warn">not available</span>}
        </span>
      </div>
      <div id={`${id}-about`} class="small stack">
        {info.description && <p class="quiet">{info.description}</p>}
        {info.unavailable_reason && <p>{info.unavailable_reason}</p>}
        {info.install_hint && <p>{info.install_hint}</p>}
        <Contents info={info} />
      </div>
      {selected && <Findings all={verdict.value} pipeline={info.name} field="" />}
      {selected && container === undefined && <Options info={info} />}
      {selected && container !== undefined && (
        <p class="small">
          Its work is done once, by {titleOf(container)}, which is selected too and has its options.
        </p>
      )}
    </li>
  );
}

/** Names the pipelines whose work this one does as well. */
function Contents({ info }: { info: PipelineInfo }) {
  const parts = (fields.value[info.name] ?? [])
    .filter((field) => field.kind === "group" && field.name in fields.value)
    .map((field) => titleOf(field.name));
  return parts.length === 0 ? null : (
    <p>Contains {parts.join(" and ")}: they need not be selected beside it.</p>
  );
}

function Options({ info }: { info: PipelineInfo }) {
  const known = fields.value[info.name] ?? [];
  const changed = countChanged(info.name);
  const wrong = verdict.value.errors.filter((error) => error.pipeline === info.name && error.field !== "");
  const details = useOpened(wrong.length > 0);
  if (known.length === 0) return <p class="small quiet">It has no options.</p>;
  return (
    <details ref={details}>
      <summary>
        Options of {info.display_name || info.name}
        {changed > 0 && <span class="badge good">{plural(changed, "change")}</span>}
        {wrong.length > 0 && <span class="badge bad">{plural(wrong.length, "error")}</span>}
      </summary>
      <OptionFields pipeline={info.name} fields={known} drafts={form.value.drafts[info.name] ?? {}} />
      <Strangers info={info} />
    </details>
  );
}

/** What the server says about options that have no control here. */
function Strangers({ info }: { info: PipelineInfo }) {
  const paths = new Set(pathsOf(fields.value[info.name] ?? []));
  const all = [...verdict.value.errors, ...verdict.value.warnings];
  const places = new Set(all.filter((one) => one.pipeline === info.name).map((one) => one.field));
  return (
    <>
      {[...places]
        .filter((field) => field !== "" && !paths.has(field))
        .map((field) => (
          <Findings key={field} all={verdict.value} pipeline={info.name} field={field} />
        ))}
    </>
  );
}

function pathsOf(some: readonly Field[]): string[] {
  return some.flatMap((field) => (field.kind === "group" ? pathsOf(field.fields) : [field.path]));
}

function titleOf(name: string): string {
  return pipelines.value?.find((info) => info.name === name)?.display_name || name;
}
