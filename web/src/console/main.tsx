// The page at `/console`.
import { render } from "preact";
import "../shared/ground.css";

render(<p>console</p>, document.getElementById("page")!);
