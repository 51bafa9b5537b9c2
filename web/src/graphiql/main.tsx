// The page at `/graphiql`.

import { createRoot } from "react-dom/client";

import { resume } from "../shared/session";
import { Page } from "./page";
import "graphiql/style.css";
import "../shared/ground.css";
import "./style.css";

await resume();
createRoot(document.getElementById("page")!).render(<Page />);
