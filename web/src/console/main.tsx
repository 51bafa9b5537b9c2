// The page at `/console`.

import { render } from "preact";

import { resume } from "../shared/session";
import { App } from "./app";
import { applyTheme } from "./theme";
import "../shared/ground.css";
import "./style.css";

applyTheme();
await resume();
render(<App />, document.getElementById("page")!);
