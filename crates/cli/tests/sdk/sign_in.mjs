// Signs people in at the tenant with MSAL for Node, each with a password, and prints how each one ended as JSON.
// Standard input: {"url", "tenant", "client_id", "people": [[upn, password], ...]}. A failure is told by its AADSTS number.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { PublicClientApplication } = createRequire(process.env.PACKAGES + "/")("@azure/msal-node");
const asked = JSON.parse(readFileSync(0, "utf8"));
const authority = `${asked.url}/${asked.tenant}`;
const app = new PublicClientApplication({ auth: { clientId: asked.client_id, authority, knownAuthorities: [new URL(asked.url).host] } });
const endings = [];
for (const [username, password] of asked.people) {
  try {
    const answer = await app.acquireTokenByUsernamePassword({ scopes: ["User.Read"], username, password });
    endings.push(answer.account.username);
  } catch (error) {
    endings.push(Number(/AADSTS(\d+)/.exec(error.message)?.[1]) || String(error));
  }
}
console.log(JSON.stringify(endings));
