// Everybody's accounts, and who of them are admins.

import { useCallback, useEffect, useState } from "preact/hooks";

import { ask } from "../../shared/api";
import { session } from "../../shared/session";
import { useLoaded, useValue } from "../hooks";
import { Confirm } from "../parts/confirm";
import { Empty, Problem } from "../parts/problem";
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
  const { data, problem, again } = useLoaded(load);

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
      <Problem of={problem} again={again} />
      {data?.nodes.length === 0 && <Empty>Nobody’s address or name has “{looked}” in it.</Empty>}
      {data && data.nodes.length > 0 && <Users users={data.nodes} change={setChanging} />}
      <nav class="pages" aria-label="Pages of the list">
        <button type="button" class="button" disabled={after.length === 1} onClick={() => setAfter(after.slice(0, -1))}>
          Previous
        </button>
        <button type="button" class="button" disabled={!data?.pageInfo.hasNextPage} onClick={() => setAfter([...after, data!.pageInfo.endCursor])}>
          Next
        </button>
      </nav>
      {changing && <ChangeRole user={changing} close={() => setChanging(null)} done={again} />}
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
    <div class="wide">
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
