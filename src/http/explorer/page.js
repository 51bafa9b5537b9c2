const field = (id) => document.getElementById(id);
const example = `# The library as an app sees it.
{
  version
  exercises(search: "squat", first: 5) {
    nodes { id name category primaryMuscles }
  }
}
`;

field("query").value = sessionStorage.getItem("query") ?? example;
field("variables").value = sessionStorage.getItem("variables") ?? "";

async function send() {
  const query = field("query").value;
  const variables = field("variables").value.trim();
  sessionStorage.setItem("query", query);
  sessionStorage.setItem("variables", variables);
  field("answer").textContent = "…";
  try {
    const headers = { "content-type": "application/json" };
    const token = field("token").value.trim();
    if (token) headers.authorization = `Bearer ${token}`;
    const body = JSON.stringify({ query, variables: variables ? JSON.parse(variables) : undefined });
    const response = await fetch("/graphql", { method: "POST", headers, body });
    field("answer").textContent = JSON.stringify(await response.json(), null, 2);
  } catch (error) {
    field("answer").textContent = String(error);
  }
}

field("send").addEventListener("click", send);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    send();
  }
});
