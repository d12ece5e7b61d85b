import { render } from "preact";
import { App } from "./app";
import { followAddress, takeCode } from "./router";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";

followAddress();
const place = document.getElementById("app");
if (place) render(<App code={takeCode()} />, place);
