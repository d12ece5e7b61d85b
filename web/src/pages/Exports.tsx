import { useEffect, useState } from "preact/hooks";
import { get, post } from "../api/client";
import type { Job } from "../api/documents";
import { Problem } from "../components/Problem";
import { useTask } from "../components/task";
import { ChooseJobs } from "../exports/ChooseJobs";
import { type ExportState, type FormatOffer, type Offer, offersOf } from "../exports/documents";
import { ExportRun } from "../exports/ExportRun";
import { plural } from "../format";
import { titleOf } from "../jobs/words";
import { hrefs } from "../router";
import "../styles/exports.css";

export function Exports({ ids }: { ids: string[] }) {
  return (
    <div class="exports">
      <h1>Exports</h1>
      {ids.length === 0 ? <ChooseJobs /> : <Export key={ids.join()} ids={ids} />}
    </div>
  );
}

function Export({ ids }: { ids: string[] }) {
  const [titles, setTitles] = useState<ReadonlyMap<string, string>>(new Map());
  const [offers, setOffers] = useState<Offer[] | null>(null);
  const [formats, setFormats] = useState<readonly string[]>([]);
  const [corrected, setCorrected] = useState(true);
  const [begun, setBegun] = useState<ExportState | null>(null);
  const load = useTask(async () => {
    const found = await Promise.all(
      ids.map(async (id) => {
        const path = `jobs/${encodeURIComponent(id)}`;
        const [job, offer] = await Promise.all([
          get<Job>(path),
          get<{ formats: FormatOffer[] }>(`${path}/exports`),
        ]);
        return { job, formats: offer.formats };
      }),
    );
    setTitles(new Map(found.map(({ job }) => [job.id, titleOf(job)])));
    setOffers(offersOf(new Map(found.map(({ job, formats }) => [titleOf(job), formats]))));
  });
  const begin = useTask(async () =>
    setBegun(await post<ExportState>("exports", { job_ids: ids, formats, corrected })),
  );
  useEffect(() => void load.run(), []);

  if (load.error) return <Problem error={load.error} onRetry={() => void load.run()} />;
  if (offers === null) return <p class="quiet">Loading …</p>;
  return (
    <>
      <p>
        {plural(ids.length, "job")}: {[...titles.values()].slice(0, 5).join(", ")}
        {ids.length > 5 && " …"} <a href={hrefs.exports()}>Choose others</a>
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void begin.run();
        }}
      >
        <fieldset class="choose">
          <legend>In which formats?</legend>
          {offers.map((offer) => (
            <Choice
              key={offer.format}
              offer={offer}
              jobs={ids.length}
              chosen={formats.includes(offer.format)}
              onChoose={(on) => {
                const others = formats.filter((one) => one !== offer.format);
                setFormats(on ? [...others, offer.format] : others);
              }}
            />
          ))}
        </fieldset>
        <label class="line">
          <input
            type="checkbox"
            checked={corrected}
            onInput={(event) => setCorrected(event.currentTarget.checked)}
          />
          With corrections (without: as the pipelines found it)
        </label>
        {begin.error && <Problem error={begin.error} />}
        <p class="actions">
          <button type="submit" class="main" disabled={formats.length === 0 || begin.busy}>
            Export
          </button>
        </p>
      </form>
      {begun && (
        <ExportRun key={begun.export_id} begun={begun} titles={titles} onGone={() => setBegun(null)} />
      )}
    </>
  );
}

interface ChoiceProps {
  offer: Offer;
  jobs: number;
  chosen: boolean;
  onChoose: (on: boolean) => void;
}

/** A format; where it applies to no job it cannot be chosen, and says why. */
function Choice({ offer, jobs, chosen, onChoose }: ChoiceProps) {
  const why = `why-${offer.format}`;
  return (
    <div class="choice">
      <label class="line">
        <input
          type="checkbox"
          checked={chosen}
          disabled={offer.applies === 0}
          aria-describedby={why}
          onInput={(event) => onChoose(event.currentTarget.checked)}
        />
        {offer.name}
      </label>
      <div id={why} class="quiet small">
        <div>{offer.description}</div>
        {offer.reasons.map((reason) => (
          <div key={reason.text} class="reason">
            {jobs > 1 && `Not for ${reason.jobs.length === jobs ? "any of them" : reason.jobs.join(", ")}: `}
            {reason.text} {reason.hint}
          </div>
        ))}
      </div>
    </div>
  );
}
