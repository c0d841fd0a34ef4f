// Lists, filters, pages and reads changes of users with Microsoft's Graph client for JavaScript, and prints what it saw as JSON.
// Signs in three ways: @azure/identity with the certificate, MSAL Node with the certificate, MSAL Node with a secret.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// The packages are installed in a folder of their own, not beside this script.
const require = createRequire(process.env.PACKAGES + "/");
const { ClientCertificateCredential } = require("@azure/identity");
const { ConfidentialClientApplication } = require("@azure/msal-node");
const { Client, PageIterator } = require("@microsoft/microsoft-graph-client");
const { TokenCredentialAuthenticationProvider } = require("@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials");

const { TENANT_URL, TENANT_ID, CERTIFICATE, CLIENT_ID, SECRET, SECRET_CLIENT_ID } = process.env;
const scope = "https://graph.microsoft.com/.default";

const credential = new ClientCertificateCredential(TENANT_ID, CLIENT_ID, { certificatePath: CERTIFICATE }, {
  authorityHost: TENANT_URL,
  disableInstanceDiscovery: true,
});
const graph = Client.initWithMiddleware({
  authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes: [scope] }),
  baseUrl: `${TENANT_URL}/`,
  customHosts: new Set(["localhost"]),
});

async function everyPage(first) {
  const users = [];
  const iterator = new PageIterator(graph, first, (user) => users.push(user) > 0);
  await iterator.iterate();
  return { users, delta: iterator.getDeltaLink() };
}

async function signIn(auth) {
  const authority = `${TENANT_URL}/${TENANT_ID}`;
  const app = new ConfidentialClientApplication({ auth: { authority, knownAuthorities: [new URL(TENANT_URL).host], ...auth } });
  const answer = await app.acquireTokenByClientCredential({ scopes: [scope] });
  return answer.accessToken.length > 0;
}

const everyone = await everyPage(await graph.api("/users").get());
const filtered = await graph.api("/users").filter("startsWith(displayName,'user1')").select(["displayName", "id"]).get();
const paged = await everyPage(await graph.api("/users").top(7).orderby("displayName").get());
const counted = await graph.api("/users").header("ConsistencyLevel", "eventual").count(true).top(1).get();
const first = await everyPage(await graph.api("/users/delta").select("displayName").get());
const made = await graph.api("/users").post({
  accountEnabled: true,
  displayName: "From JavaScript",
  mailNickname: "javascript",
  userPrincipalName: "javascript@contoso.example",
  passwordProfile: { password: "Correct-Horse-9" },
});
const second = await everyPage(await graph.api(first.delta).get());
await graph.api(`/users/${made.id}`).delete();
const third = await everyPage(await graph.api(second.delta).get());
const one = await graph.api("/users/user03@contoso.example").get();

const pem = readFileSync(CERTIFICATE, "ascii");
const privateKey = createPrivateKey(pem).export({ type: "pkcs8", format: "pem" });
const thumbprintSha256 = new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
const signedIn = [
  await signIn({ clientId: CLIENT_ID, clientCertificate: { thumbprintSha256, privateKey } }),
  await signIn({ clientId: SECRET_CLIENT_ID, clientSecret: SECRET }),
];
console.log(JSON.stringify({
  listed: everyone.users.length,
  filtered: filtered.value.map((user) => user.displayName).sort(),
  sorted: paged.users.map((user) => user.displayName),
  counted: counted["@odata.count"],
  delta: first.users.length,
  created: second.users.map((user) => user.id === made.id),
  removed: third.users.map((user) => [user.id === made.id, user["@removed"]]),
  one: one.displayName,
  signed_in: signedIn,
}));
