// Who is signed in, and the form to become somebody.

import { useRef, useState, type FormEvent } from "react";

import { farewell, session, signIn, signOut } from "../shared/session";
import { useValue } from "./seen";

export function AccountBar() {
  const current = useValue(session);
  const why = useValue(farewell);
  const dialog = useRef<HTMLDialogElement>(null);
  if (!current) {
    return (
      <div className="account">
        <span role="status">{why || "Not signed in"}</span>
        <button type="button" className="primary" onClick={() => dialog.current?.showModal()}>
          Sign in
        </button>
        <SignInDialog dialog={dialog} />
      </div>
    );
  }
  const { account } = current;
  return (
    <div className="account">
      <span role="status" title={account.displayName}>
        {account.email ?? account.displayName}
        {account.role === "ADMIN" && <span className="badge">admin</span>}
      </span>
      {account.role === "ADMIN" && <a href="/console">Console</a>}
      <button type="button" onClick={() => void signOut()}>
        Sign out
      </button>
    </div>
  );
}

function SignInDialog({ dialog }: { dialog: React.RefObject<HTMLDialogElement | null> }) {
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = new FormData(form);
    setIsBusy(true);
    setProblem("");
    try {
      await signIn(String(fields.get("email")), String(fields.get("password")));
      dialog.current?.close();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      form.querySelector<HTMLInputElement>("[name=password]")?.select();
    } finally {
      setIsBusy(false);
    }
  }

  return (
    <dialog ref={dialog} className="sign-in" aria-labelledby="sign-in-title" onClose={() => setProblem("")}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="sign-in-title">Sign in</h2>
        <p>The token stays in this tab, and is refreshed for as long as it is open.</p>
        <label>
          Address
          <input name="email" type="email" autoComplete="username" required />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <p className="problem" role="alert">
          {problem}
        </p>
        <div className="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={isBusy}>
            {isBusy ? "Signing in…" : "Sign in"}
          </button>
        </div>
      </form>
    </dialog>
  );
}
