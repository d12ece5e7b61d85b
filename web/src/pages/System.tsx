import { addressOf, rootOf } from "../api/address";
import { Health } from "../system/Health";
import { Keys } from "../system/Keys";
import "../styles/system.css";

export function System() {
  const root = rootOf().href;
  return (
    <div class="system">
      <h1>System</h1>
      <Health />
      <Keys />
      <section aria-labelledby="interface">
        <h2 id="interface">For programs</h2>
        <ul>
          <li>
            Routes live below <code>{addressOf("")}</code>
          </li>
          <li>
            <a href={`${root}docs`}>The HTTP interface, to read and to try</a>
          </li>
          <li>
            <a href={`${root}redoc`}>The same as one long page</a>
          </li>
          <li>
            <a href={`${root}viewer-connect`}>Connect Video Annotation Viewer</a>
          </li>
        </ul>
      </section>
    </div>
  );
}
