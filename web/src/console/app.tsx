// The frame: who may be here, where one is, and how to get elsewhere.

import type { FunctionComponent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { session, signOut, type Account } from "../shared/session";
import { useRoute, useValue } from "./hooks";
import { AccountsPage } from "./pages/accounts";
import { MigrationPage } from "./pages/migration/page";
import { ServerPage } from "./pages/server";
import { hush, Told } from "./parts/told";
import { Refused, SignIn } from "./sign-in";
import { applyTheme, theme, type Theme } from "./theme";

interface Place {
  path: string;
  title: string;
  page: FunctionComponent;
}

const PLACES: [Place, ...Place[]] = [
  { path: "server", title: "Server", page: ServerPage },
  { path: "migration", title: "Migration", page: MigrationPage },
  { path: "accounts", title: "Accounts", page: AccountsPage },
];

export function App() {
  const current = useValue(session);
  if (!current) return <SignIn />;
  if (current.account.role !== "ADMIN") return <Refused account={current.account} />;
  return <Frame account={current.account} />;
}

const NOWHERE: Place = { path: "", title: "There is no such page", page: Nowhere };

function Nowhere() {
  return <p>The address names a page that the console does not have. Those that it has are in the list at the top.</p>;
}

function Frame({ account }: { account: Account }) {
  const route = useRoute();
  const place = route === "" ? PLACES[0] : (PLACES.find(({ path }) => path === route) ?? NOWHERE);
  const heading = useArrival(place);
  const Page = place.page;
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => arrive(event, heading.current)}>
        Skip to the content
      </a>
      <header class="bar">
        <h1>
          Regimen <span>Console</span>
        </h1>
        <nav aria-label="Pages">
          {PLACES.map(({ path, title }) => (
            <a key={path} href={`#/${path}`} aria-current={path === place.path ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <div class="account">
          <ThemeChoice />
          <span title={account.displayName}>{account.email ?? account.displayName}</span>
          <button type="button" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      </header>
      <main id="content">
        <h2 ref={heading} tabIndex={-1}>
          {place.title}
        </h2>
        <Page />
      </main>
      <Told />
    </>
  );
}

/** Whoever comes to another page by keyboard or by ear is led to its beginning; at the start nothing is taken away. */
function useArrival(place: Place) {
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(place);
  useEffect(() => {
    document.title = `${place.title} · Regimen`;
    if (before.current !== place) {
      heading.current?.focus();
      hush();
    }
    before.current = place;
  }, [place]);
  return heading;
}

function arrive(event: Event, heading: HTMLElement | null) {
  event.preventDefault();
  heading?.focus();
}

function ThemeChoice() {
  const [chosen, setChosen] = useState<Theme>(theme);
  function choose(next: Theme) {
    applyTheme(next);
    setChosen(next);
  }
  return (
    <select aria-label="Theme" value={chosen} onChange={(event) => choose(event.currentTarget.value as Theme)}>
      <option value="">System</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
}
