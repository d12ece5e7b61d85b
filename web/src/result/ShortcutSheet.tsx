import { Dialog } from "../components/Dialog";
import { SHORTCUTS } from "./shortcuts";

export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <table class="keys">
        <tbody>
          {SHORTCUTS.map(({ shown, what }) => (
            <tr key={what}>
              <th scope="row">
                {shown.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </th>
              <td>{what}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">
              <kbd>?</kbd>
            </th>
            <td>This sheet</td>
          </tr>
        </tbody>
      </table>
      <p class="quiet small">
        On the time line: drag the ruler to scrub, drag the tracks to move along, Ctrl and the wheel or two
        fingers zoom, a click on an item goes to its start, a double click shows all of it.
      </p>
      <p class="actions">
        <button type="button" class="main" onClick={onClose}>
          Close
        </button>
      </p>
    </Dialog>
  );
}
