// One Chromium, as on a person's computer, with a Kerberos ticket or without: opens one address after the other, types what it is
// asked for, and says how often it was. Also an application of the federation service, which shows who came.
// Standard input: {"profile", "certificate", "application", "upn", "password", "open": [address, ...]}; standard output: for each
// address where it ended, what stands there, and the prompts on the way.
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";

const { chromium } = createRequire(process.env.PACKAGES + "/")("playwright-core");
const asked = JSON.parse(readFileSync(0, "utf8"));

const pem = readFileSync(asked.certificate);
const application = createServer({ cert: pem, key: pem }, async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  const token = new URLSearchParams(body).get("wresult") ?? "";
  const name = /<(?:\w+:)?NameIdentifier[^>]*>([^<]*)</.exec(token)?.[1] ?? "nobody";
  response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html><title>Application</title><main><h1>Hello ${name}</h1></main>`);
});
await new Promise((ready) => application.listen(new URL(asked.application).port, "127.0.0.1", ready));

// A fresh profile does not load GSSAPI for the first server that asks for it: its network service is locked in before.
mkdirSync(asked.profile, { recursive: true });
writeFileSync(asked.profile + "/Local State", JSON.stringify({ net: { received_http_auth_negotiate_headers: true } }));
const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const context = await chromium.launchPersistentContext(asked.profile, {
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--auth-server-allowlist=*.localhost", ...quiet],
  // The authorities of tenant and service are no matter of this test: curl and MSAL check them.
  ignoreHTTPSErrors: true,
});
const page = await context.newPage();
const complaints = [];
page.on("console", (message) => { if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) complaints.push(message.text()); });
page.on("pageerror", (error) => complaints.push(String(error)));

// What a person types, by the field's id. Whatever else is shown is where the way ends.
const answers = { upn: asked.upn, name: asked.upn, password: asked.password };
const endings = [];
for (const address of asked.open) {
  let prompts = 0;
  await page.goto(address);
  while (true) {
    const shown = await settled();
    if (!shown.length) break;
    if (++prompts > 5) break;
    for (const id of shown) await page.fill("#" + id, answers[id]);
    await page.click("main form button");
  }
  endings.push({ url: page.url(), text: (await page.textContent("main")).replace(/\s+/g, " ").trim(), prompts });
}
await context.close();
application.close();
console.log(JSON.stringify({ endings, complaints }));

// The fields that wait to be typed into, once the page no longer moves on by itself.
async function settled() {
  for (let tries = 0; tries < 200; tries++) {
    try {
      await page.waitForLoadState("load");
      const state = await page.evaluate(() => ({
        fields: [...document.querySelectorAll("main input")].filter((input) => input.type !== "hidden" && !input.value && input.offsetParent).map((input) => input.id),
        onward: [...document.scripts].some((script) => script.src.endsWith("/post.js")) || !!document.querySelector("meta[http-equiv=refresh]"),
      }));
      if (!state.onward) return state.fields;
    } catch (error) {
      // The page went on while it was looked at.
      if (!/context was destroyed|navigat|detached/i.test(String(error))) throw error;
    }
    await new Promise((later) => setTimeout(later, 50));
  }
  throw new Error("the browser does not come to rest at " + page.url());
}
