// People of the files who have an account here already. Their records get another owner by that, so it is done while
// the files are all there is.

import { useState } from "preact/hooks";

import { ask } from "../../../shared/api";
import { Confirm } from "../../parts/confirm";
import { Section } from "../../parts/section";
import { tell } from "../../parts/told";

const LINK = `mutation ConsoleLink($legacyId: String!, $email: String!) {
  linkLegacyUser(legacyId: $legacyId, email: $email) { migration { epoch } }
}`;

interface Link {
  legacyId: string;
  email: string;
}

export function People() {
  const [asked, setAsked] = useState<Link | null>(null);

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    setAsked({ legacyId: String(fields.get("legacyId")).trim(), email: String(fields.get("email")).trim() });
  }

  async function act(link: Link) {
    await ask(LINK, { ...link });
    tell(`“${link.legacyId}” of the files is ${link.email} now.`);
  }

  return (
    <Section id="people" title="People who have an account already">
      <p>
        Everybody in the files gets an account. Whoever signed up here before is told apart by you: name their id in the files
        (<code>id</code> in the list of people, <code>userId</code> in sessions). Later phases refuse this.
      </p>
      <form class="line" onSubmit={submit}>
        <label>
          Id in the files
          <input name="legacyId" required autocomplete="off" />
        </label>
        <label>
          Address of their account
          <input name="email" type="email" required autocomplete="off" />
        </label>
        <button type="submit" class="button">
          Link them
        </button>
      </form>
      {asked && (
        <Confirm title={`Link “${asked.legacyId}” to ${asked.email}?`} deed="Link them" isDangerous act={() => act(asked)} close={() => setAsked(null)}>
          <p>
            Whoever signs in as {asked.email} sees and changes what “{asked.legacyId}” has in the files. The files are read again
            for it. A link that either of them had before is replaced.
          </p>
        </Confirm>
      )}
    </Section>
  );
}
