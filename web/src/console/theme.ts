// Light, dark, or as the system has it. GraphiQL keeps its own choice in the same place, so one holds for both.

const KEY = "graphiql:theme";

export type Theme = "" | "light" | "dark";

export function theme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "";
}

export function applyTheme(next: Theme = theme()): void {
  localStorage.setItem(KEY, next);
  document.body.classList.remove("graphiql-light", "graphiql-dark");
  if (next) document.body.classList.add(`graphiql-${next}`);
}
