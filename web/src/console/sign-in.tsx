// For those who are nobody yet, and for those who are no admins.

import { useState } from "preact/hooks";

import { farewell, signIn, signOut, type Account } from "../shared/session";
import { useValue } from "./hooks";

export function SignIn() {
  const why = useValue(farewell);
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = new FormData(form);
    setIsBusy(true);
    setProblem("");
    try {
      await signIn(String(fields.get("email")), String(fields.get("password")));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      form.querySelector<HTMLInputElement>("[name=password]")?.select();
    } finally {
      setIsBusy(false);
    }
  }

  return (
    <main class="door">
      <div class="sign-in">
        <form onSubmit={(event) => void submit(event)}>
          <h1>Regimen console</h1>
          <p>{why || "Sign in as an admin. The token stays in this tab."}</p>
          <label>
            Address
            <input name="email" type="email" autocomplete="username" required />
          </label>
          <label>
            Password
            <input name="password" type="password" autocomplete="current-password" required />
          </label>
          <p class="problem" role="alert">
            {problem}
          </p>
          <button type="submit" class="primary" disabled={isBusy}>
            {isBusy ? "Signing in…" : "Sign in"}
          </button>
        </form>
      </div>
    </main>
  );
}

export function Refused({ account }: { account: Account }) {
  const name = account.email ?? account.displayName;
  return (
    <main class="door">
      <div class="sign-in">
        <h1>For admins only</h1>
        <p>
          <b>{name}</b> is a member. Another admin can change that on the page “Accounts”; on the server’s machine it is
          done by
        </p>
        <pre>regimen user promote {account.email ?? "<address>"}</pre>
        <p>Sign in again afterwards: the role is part of the token.</p>
        <button type="button" class="primary" onClick={() => void signOut()}>
          Sign in as somebody else
        </button>
      </div>
    </main>
  );
}
