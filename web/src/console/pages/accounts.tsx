// Everybody's accounts, and who of them are admins.

import { useCallback, useEffect, useState } from "preact/hooks";

import { ask } from "../../shared/api";
import { session } from "../../shared/session";
import { useLoaded, useValue } from "../hooks";
import { Confirm } from "../parts/confirm";
import { Pages } from "../parts/pages";
import { Asked } from "../parts/asked";
import { Empty } from "../parts/problem";
import { tell } from "../parts/told";
import { moment } from "../parts/words";

const QUERY = `query ConsoleAccounts($filter: UserFilter, $after: String) {
  users(filter: $filter, first: 50, after: $after) {
    nodes { id email displayName role createdAt }
    pageInfo { hasNextPage endCursor }
  }
}`;
const SET_ROLE = "mutation ConsoleSetRole($id: ID!, $role: Role!) { setRole(userId: $id, role: $role) { user { id } } }";

interface User {
  id: string;
  email: string | null;
  displayName: string;
  role: "MEMBER" | "ADMIN";
  createdAt: string;
}

interface Page {
  nodes: User[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

export function AccountsPage() {
  const [search, setSearch] = useState("");
  const [after, setAfter] = useState<(string | null)[]>([null]);
  const [changing, setChanging] = useState<User | null>(null);
  const looked = useSettled(search.trim());
  const cursor = after.at(-1) ?? null;
  const load = useCallback(async () => {
    const filter = looked ? { search: looked } : undefined;
    return (await ask<{ users: Page }>(QUERY, { filter, after: cursor })).users;
  }, [looked, cursor]);
  const users = useLoaded(load);

  function look(text: string) {
    setSearch(text);
    setAfter([null]);
  }

  return (
    <>
      <p>
        <label class="search">
          Search
          <input type="search" value={search} onInput={(event) => look(event.currentTarget.value)} placeholder="address or name" />
        </label>
      </p>
      <Asked of={users} what="the accounts">
        {({ nodes, pageInfo }) => (
          <>
            {nodes.length === 0 ? (
              <Empty>Nobody’s address or name has “{looked}” in it. Part of either is enough; empty the field to see everybody.</Empty>
            ) : (
              <Users users={nodes} change={setChanging} />
            )}
            <Pages
              label="Pages of the list"
              isBusy={!users.isCurrent}
              hasBefore={after.length > 1}
              hasNext={pageInfo.hasNextPage}
              before={() => setAfter(after.slice(0, -1))}
              next={() => setAfter([...after, pageInfo.endCursor])}
            />
          </>
        )}
      </Asked>
      {changing && <ChangeRole user={changing} close={() => setChanging(null)} done={users.again} />}
    </>
  );
}

/** What somebody has typed once they pause. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 250);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function Users({ users, change }: { users: User[]; change(user: User): void }) {
  const myself = useValue(session)?.account.email;
  return (
    <div class="wide" tabIndex={0} role="group" aria-label="Accounts">
      <table>
        <thead>
          <tr>
            <th scope="col">Address</th>
            <th scope="col">Name</th>
            <th scope="col">Since</th>
            <th scope="col">Role</th>
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <tr key={user.id}>
              <th scope="row">{user.email ?? <i>outside issuer</i>}</th>
              <td>{user.displayName}</td>
              <td>{moment(user.createdAt)}</td>
              <td class="role">
                {user.role.toLowerCase()}
                {user.email && user.email === myself ? (
                  <span class="quiet">that is you</span>
                ) : (
                  <button type="button" class="button" onClick={() => change(user)}>
                    {user.role === "ADMIN" ? "Make a member" : "Make an admin"}
                    <span class="unseen"> of {user.email ?? user.displayName}</span>
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ChangeRole({ user, close, done }: { user: User; close(): void; done(): void }) {
  const name = user.email ?? user.displayName;
  const role = user.role === "ADMIN" ? "MEMBER" : "ADMIN";
  async function act() {
    await ask(SET_ROLE, { id: user.id, role });
    tell(role === "ADMIN" ? `${name} is an admin now.` : `${name} is a member now.`);
    done();
  }
  if (role === "MEMBER") {
    return (
      <Confirm title={`Make ${name} a member?`} deed="Make a member" isDangerous act={act} close={close}>
        <p>They can no longer look after the server, from their next request on. What is their own stays theirs.</p>
      </Confirm>
    );
  }
  return (
    <Confirm title={`Make ${name} an admin?`} deed="Make an admin" act={act} close={close}>
      <p>They will see all accounts, change everybody’s role, yours included, and change the exercise library. It holds from their next sign-in or refresh on.</p>
    </Confirm>
  );
}
