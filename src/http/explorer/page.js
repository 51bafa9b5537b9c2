const field = (id) => document.getElementById(id);
const example = `# The library as an app sees it.
{
  version
  viewer { email displayName }
  exercises(filter: { search: "squat" }, first: 5) {
    nodes { id name category primaryMuscles }
  }
}
`;
const session = "accessToken expiresAt refreshToken user { email }";

// The refresh token stays in memory: a copied tab would use it a second time, and end the session.
let refreshToken = null;
let expiresAt = 0;

async function graphql(query, variables) {
  const headers = { "content-type": "application/json" };
  const token = field("token").value.trim();
  if (token) headers.authorization = `Bearer ${token}`;
  const body = JSON.stringify({ query, variables });
  const response = await fetch("/graphql", { method: "POST", headers, body });
  return response.json();
}

// Says what this server does not tell or take from whoever is signed in here.
async function notice() {
  let text = "";
  try {
    const answer = await graphql("{ __schema { queryType { name } } }");
    const error = answer.errors?.[0];
    text = error?.extensions?.code === "INTROSPECTION_DISABLED"
      ? "This server shows its schema to admins only: what you write is sent all the same."
      : error?.message ?? "";
  } catch {
    // Whatever keeps it from answering shows with the first request.
  }
  field("notice").textContent = text;
}

function keep(token, who) {
  field("token").value = token;
  field("who").textContent = who;
  field("sign-in").hidden = token !== "";
  field("sign-out").hidden = token === "";
  sessionStorage.setItem("token", token);
  sessionStorage.setItem("who", who);
  notice();
}

function forget(why) {
  refreshToken = null;
  expiresAt = 0;
  keep("", why);
}

// Takes the tokens of an answer, or says why there are none.
function take(answer, payload) {
  if (!payload) return forget(answer.errors?.[0]?.message ?? "no answer");
  refreshToken = payload.refreshToken;
  expiresAt = Date.parse(payload.expiresAt);
  keep(payload.accessToken, `signed in as ${payload.user.email ?? "somebody without an address"}`);
}

async function signIn(event) {
  event.preventDefault();
  const [email, password] = [field("email").value, field("password").value];
  field("password").value = "";
  forget("…");
  try {
    const query = `mutation ($email: String!, $password: String!) {
      signIn(input: { email: $email, password: $password }) { ${session} }
    }`;
    const answer = await graphql(query, { email, password });
    take(answer, answer.data?.signIn);
  } catch (error) {
    forget(String(error));
  }
}

async function signOut() {
  try {
    await graphql("mutation { signOut { ended } }");
  } finally {
    forget("");
  }
}

// Exchanges the tokens shortly before they expire, once however many requests wait for it.
let exchange = null;
function stayIn() {
  if (refreshToken && Date.now() > expiresAt - 30_000) {
    exchange ??= exchangeTokens(refreshToken).finally(() => { exchange = null; });
  }
  return exchange;
}

async function exchangeTokens(token) {
  forget("…");
  const query = `mutation ($token: String!) { refreshSession(refreshToken: $token) { ${session} } }`;
  const answer = await graphql(query, { token });
  take(answer, answer.data?.refreshSession);
}

async function send() {
  const query = field("query").value;
  const variables = field("variables").value.trim();
  sessionStorage.setItem("query", query);
  sessionStorage.setItem("variables", variables);
  field("answer").textContent = "…";
  try {
    await stayIn();
    const answer = await graphql(query, variables ? JSON.parse(variables) : undefined);
    field("answer").textContent = JSON.stringify(answer, null, 2);
  } catch (error) {
    field("answer").textContent = String(error);
  }
}

field("query").value = sessionStorage.getItem("query") ?? example;
field("variables").value = sessionStorage.getItem("variables") ?? "";
keep(sessionStorage.getItem("token") ?? "", sessionStorage.getItem("who") ?? "");

field("sign-in").addEventListener("submit", signIn);
field("sign-out").addEventListener("click", signOut);
field("token").addEventListener("change", (event) => {
  refreshToken = null;
  keep(event.target.value.trim(), event.target.value.trim() ? "with a token of your own" : "");
});
field("send").addEventListener("click", send);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    send();
  }
});
