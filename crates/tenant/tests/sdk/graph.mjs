// Lists, filters, pages and reads changes of users, groups and members with Microsoft's Graph client for JavaScript, and prints what it saw as JSON.
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

// A group: made, everyone taken in (20 in one request at most), paged, its changes read, deleted.
const team = await graph.api("/groups").post({ displayName: "Team", mailNickname: "team", mailEnabled: false, securityEnabled: true });
const urls = everyone.users.map((user) => `${TENANT_URL}/v1.0/directoryObjects/${user.id}`);
await graph.api(`/groups/${team.id}`).patch({ "members@odata.bind": urls.slice(0, 20) });
for (const url of urls.slice(20)) await graph.api(`/groups/${team.id}/members/$ref`).post({ "@odata.id": url });
const members = await everyPage(await graph.api(`/groups/${team.id}/members`).top(8).get());
const told = await everyPage(await graph.api("/groups/delta").select("displayName,members").get());
await graph.api(`/groups/${team.id}/members/${everyone.users[0].id}/$ref`).delete();
const after = await everyPage(await graph.api(told.delta).get());
const memberOf = await graph.api(`/users/${everyone.users[1].id}/memberOf`).get();
const contacts = await graph.api("/contacts").get();
await graph.api(`/groups/${team.id}`).delete();
const groups = {
  members: members.users.length,
  types: [...new Set(members.users.map((member) => member["@odata.type"]))],
  delta: told.users.find((group) => group.id === team.id)["members@delta"].length,
  gone: after.users.map((group) => [group["members@delta"].length, "@removed" in group["members@delta"][0]]),
  member_of: memberOf.value.filter((entry) => entry["@odata.type"] === "#microsoft.graph.group").map((group) => group.displayName),
  contacts: contacts.value.map((contact) => contact.displayName),
  left: (await graph.api("/groups").get()).value.length,
};

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
  groups,
  signed_in: signedIn,
}));
