// The lists of groups, contacts and deleted objects, and one page of each, in a real browser, with data that tries to be markup.
// Arguments: the server's URL, the administrator's name, a word for the names of pictures. The password comes on stdin.
import { readFileSync } from "node:fs";
import { launch, look, openWindow, reach } from "./launch.mjs";

const [url, upn, size] = process.argv.slice(2);
const password = readFileSync(0, "utf8");
const seen = { complaints: [], foreign: [], wide: {}, unreachable: {}, visited: 0 };
const browser = await launch();
const { page } = await openWindow(browser, [url], seen);

await page.goto(url + "/portal");
await page.fill("#upn", upn);
await page.click("main button");
await page.fill("#password", password);
await page.click("main button");
await page.fill("#new", "Correct-Horse-7");
await page.fill("#again", "Correct-Horse-7");
await page.click("main button");
await page.waitForSelector("h1:has-text('Users')");

async function show(name, path) {
  const answer = await page.goto(url + path);
  if (answer.status() !== 200) seen.complaints.push(`${path}: ${answer.status()}`);
  await look(page, `${name}-${size}`, seen);
  await reach(page, name, seen);
  seen.visited += 1;
}
// The page of the first row of a list whose filter shows one that has something wrong.
async function showFirst(name, list) {
  await page.goto(url + list);
  const link = await page.getAttribute("tbody th a", "href").catch(() => null);
  if (link) await show(name, link);
}
await page.setDefaultTimeout(10000);
await show("groups", "/portal/groups");
await show("contacts", "/portal/contacts");
await show("deleted-users", "/portal/deleted");
await show("deleted-groups", "/portal/deleted?kind=groups");
await show("synchronization", "/portal/synchronization");
if (size !== "none") {
  await showFirst("group", "/portal/groups?status=errors");
  await showFirst("contact", "/portal/contacts?status=errors");
  await showFirst("user", "/portal/users?status=errors");
}
await browser.close();
console.log(JSON.stringify(seen));
