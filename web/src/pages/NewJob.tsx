import { Files } from "../newjob/Files";
import "../styles/newjob.css";

export default function NewJob() {
  return (
    <div class="new-job stack">
      <h1>New job</h1>
      <Files />
    </div>
  );
}
