import { render } from "preact";
import { App } from "./app";
import { followAddress } from "./router";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";

followAddress();
const place = document.getElementById("app");
if (place) render(<App />, place);
