// Who is behind an id, asked for once.

import { useEffect, useState } from "preact/hooks";

import { ask } from "../../../shared/api";

/** No user's: the exercise library is filed under it, and so is whoever has not signed in. */
export const NOBODY = "00000000-0000-0000-0000-000000000000";
const IS_ID = /^[0-9a-f-]{36}$/;
/** So many are asked for in one request. */
const AT_ONCE = 20;

/** What is known, and under which id nobody is found. */
const known = new Map<string, string | null>([[NOBODY, "the library"]]);

interface User {
  email: string | null;
  displayName: string;
}

/** Gives each id its address, or its name; whatever else acts is called what it is called. */
export function useNames(ids: string[]): (id: string) => string {
  const unknown = [...new Set(ids)].filter((id) => IS_ID.test(id) && !known.has(id)).slice(0, AT_ONCE);
  const [, setTurn] = useState(0);
  const wanted = unknown.join();
  useEffect(() => {
    if (!wanted) return;
    const asked = wanted.split(",");
    // Whoever is gone stays an id, and so does everybody where there is no answer.
    void look(asked).catch(() => undefined).then(() => setTurn((turn) => turn + 1));
  }, [wanted]);
  return (id) => known.get(id) ?? id;
}

async function look(ids: string[]): Promise<void> {
  for (const id of ids) known.set(id, null);
  const fields = ids.map((id, at) => `p${at}: user(id: "${id}") { email displayName }`);
  const found = await ask<Record<string, User | null>>(`query ConsoleNames { ${fields.join(" ")} }`);
  ids.forEach((id, at) => {
    const user = found[`p${at}`];
    if (user) known.set(id, user.email ?? user.displayName);
  });
}
