import { Files } from "../newjob/Files";
import { Pipelines } from "../newjob/Pipelines";
import { PresetPanel } from "../newjob/PresetPanel";
import { Start } from "../newjob/Start";
import "../styles/newjob.css";

export default function NewJob() {
  return (
    <div class="new-job">
      <h1>New job</h1>
      <Files />
      <PresetPanel />
      <Pipelines />
      <Start />
    </div>
  );
}
