// Servers for the tests, each with an admin; the demo user stays a member.
import { Client, start } from "../../tests/clients/lib/regimen.mjs";

export const MEMBER = { email: "test@example.com", password: "regimen-demo" };
export const ADMIN = { email: "root@example.com", password: "regimen-root" };

const SIGN_UP = `mutation($input: SignUpInput!) { signUp(input: $input) { accessToken } }`;

export async function startWithAdmin(settings) {
  const server = await start(settings);
  await signUp(server, { ...ADMIN, displayName: "Root" });
  server.command("user", "promote", ADMIN.email);
  return { ...server, origin: new URL(server.url).origin };
}

/** Makes an account, and gives a client that is signed in with it. */
export async function signUp({ url }, input) {
  const { body } = await new Client(url).ask(SIGN_UP, { input });
  if (body.errors) throw new Error(body.errors[0].message);
  return new Client(url, body.data.signUp.accessToken);
}
