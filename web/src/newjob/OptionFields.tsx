import type { Field } from "./fields";
import { OptionField } from "./OptionField";
import type { Drafts } from "./values";

interface Props {
  pipeline: string;
  fields: readonly Field[];
  drafts: Drafts;
}

/** The controls of some options; groups stand together. */
export function OptionFields({ pipeline, fields, drafts }: Props) {
  const single = fields.filter((field) => field.kind !== "group");
  const groups = fields.filter((field) => field.kind === "group");
  return (
    <>
      {single.length > 0 && (
        <div class="options">
          {single.map((field) => (
            <OptionField key={field.path} pipeline={pipeline} field={field} drafts={drafts} />
          ))}
        </div>
      )}
      {groups.map((group) => (
        <fieldset key={group.path} class="group">
          <legend>{group.label}</legend>
          {group.description && <p class="quiet small">{group.description}</p>}
          <OptionFields pipeline={pipeline} fields={group.fields} drafts={drafts} />
        </fieldset>
      ))}
    </>
  );
}
