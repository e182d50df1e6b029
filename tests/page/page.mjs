// The page in a headless Chromium, driven through its debugging pipe; no package is needed.
//   node page.mjs CHROMIUM PAGE [FOLDER]     FOLDER: screenshots and a PDF are left there, to be looked at
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const [chromium, page, folder] = process.argv.slice(2);
const address = "file://" + resolve(page);
const profile = mkdtempSync(join(tmpdir(), "podgate-page-"));
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--hide-scrollbars", "--disable-background-networking",
  "--disable-component-update", "--no-first-run", "--disable-extensions", "--user-data-dir=" + profile, "about:blank"];
const browser = spawn(chromium, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const waiting = new Map(), listeners = [];
let last = 0, rest = "", failures = 0, passed = 0;

browser.stdio[4].on("data", (bytes) => {
  const parts = (rest + bytes).split("\0");
  rest = parts.pop();
  for (const part of parts) {
    const message = JSON.parse(part);
    if (message.id) waiting.get(message.id)?.(message);
    else for (const listener of listeners) listener(message);
  }
});
function send(method, params = {}, sessionId) {
  const id = ++last;
  return new Promise((done, failed) => {
    waiting.set(id, (answer) => (answer.error ? failed(new Error(method + ": " + answer.error.message)) : done(answer.result)));
    browser.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
  });
}
function check(what, holds, detail = "") {
  if (holds) passed++;
  else { failures++; console.log("not ok: " + what + (detail ? ": " + detail : "")); }
}

async function open(settings) {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  const to = (method, params) => send(method, params, sessionId);
  const seen = { errors: [], requests: [] };
  listeners.push((message) => {
    if (message.sessionId !== sessionId) return;
    const { method, params } = message;
    if (method === "Runtime.exceptionThrown") seen.errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === "Runtime.consoleAPICalled" || method === "Log.entryAdded") seen.errors.push(JSON.stringify(params.entry ?? params.args));
    if (method === "Network.requestWillBeSent") seen.requests.push(params.request.url.split("#")[0]);
  });
  for (const domain of ["Page", "Runtime", "Log", "Network", "DOM", "Accessibility"]) await to(domain + ".enable");
  await to("Emulation.setDeviceMetricsOverride", { width: settings.width, height: settings.height, deviceScaleFactor: 1, mobile: settings.width < 600 });
  await to("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: settings.scheme }] });
  if (settings.noScript) await to("Emulation.setScriptExecutionDisabled", { value: true });
  const loaded = new Promise((done) => listeners.push((m) => m.sessionId === sessionId && m.method === "Page.loadEventFired" && done()));
  await to("Page.navigate", { url: address + (settings.hash ?? "") });
  await loaded;
  const run = async (body) => {
    const { result, exceptionDetails } = await to("Runtime.evaluate", { expression: "(() => {" + body + "})()", returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  return { to, run, seen, close: () => send("Target.closeTarget", { targetId }) };
}

async function shoot(tab, name, height) {
  if (!folder) return;
  const clip = { x: 0, y: 0, width: tab.width, height, scale: 1 };
  const { data } = await tab.to("Page.captureScreenshot", { format: "png", captureBeyondViewport: true, clip });
  writeFileSync(join(folder, name), Buffer.from(data, "base64"));
}

// WCAG 2.1: 4.5 to 1 for text, 3 to 1 for large text and for what a chart draws.
const contrast = `
  const rgb = (s) => (s.match(/[\\d.]+/g) || []).map(Number);
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  const poor = [];
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walker.nextNode());) {
    const e = n.parentElement, style = getComputedStyle(e);
    if (!n.data.trim() || e.closest("script, style, title, desc, option") || style.visibility === "hidden") continue;
    const fore = rgb(e.closest("svg") ? style.fill : style.color).slice(0, 3), size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.6 && style.fontWeight >= 600) ? 3 : 4.5, is = ratio(fore, behind(e));
    if (is < needed) poor.push(is.toFixed(2) + " " + n.data.trim().slice(0, 40));
  }
  document.querySelectorAll("svg [class^=f-]").forEach((e) => {
    const is = ratio(rgb(getComputedStyle(e).fill).slice(0, 3), behind(e.closest("section")));
    if (is < 3) poor.push(is.toFixed(2) + " " + e.getAttribute("class"));
  });
  return [...new Set(poor)];`;

const structure = `
  const wrong = [], all = (s) => [...document.querySelectorAll(s)];
  if (!document.documentElement.lang || !document.title) wrong.push("no language or title");
  for (const [what, count] of [["h1", 1], ["header", 1], ["main", 1], ["footer", 1]]) if (all(what).length !== count) wrong.push(what + ": " + all(what).length);
  let level = 0;
  all("h1,h2,h3,h4").forEach((h) => { const is = Number(h.tagName[1]); if (is > level + 1) wrong.push("heading jumps: " + h.textContent); level = is; });
  const ids = all("[id]").map((e) => e.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id twice");
  all("[aria-labelledby]").forEach((e) => e.getAttribute("aria-labelledby").split(" ").forEach((id) => { if (!document.getElementById(id)) wrong.push("no " + id); }));
  all("section").forEach((s) => { if (!s.hasAttribute("aria-labelledby")) wrong.push("a section without a name"); });
  all("table").forEach((t) => { if (t.querySelectorAll("th[scope]").length !== t.querySelectorAll("th").length || !t.querySelector("th")) wrong.push("a table's heads"); });
  all("svg").forEach((s) => { if (s.getAttribute("aria-hidden") !== "true" && !(s.getAttribute("role") === "img" && s.querySelector("title") && s.querySelector("desc"))) wrong.push("an svg without words"); });
  all("select, input").forEach((e) => { if (!e.labels.length || !e.labels[0].textContent.trim()) wrong.push("a field without a label"); });
  all("[tabindex]").forEach((e) => { if (Number(e.getAttribute("tabindex")) > 0) wrong.push("an order of its own"); });
  if (all("script").length !== 2 || all("[onclick],[onerror],[onload],img,iframe,link,object").length) wrong.push("something active");
  return wrong;`;

async function press(tab, key) {
  for (const type of ["rawKeyDown", "keyUp"]) await tab.to("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode: { Tab: 9, Enter: 13 }[key], text: type === "rawKeyDown" && key === "Enter" ? "\r" : undefined });
}

async function looks() {
  for (const scheme of ["light", "dark"]) for (const width of [1200, 390]) {
    const tab = await open({ scheme, width, height: 900 });
    tab.width = width;
    const name = scheme + (width < 600 ? "-phone" : "");
    check(name + ": nothing in the console", tab.seen.errors.length === 0, tab.seen.errors.join("; "));
    check(name + ": no request but the page", tab.seen.requests.every((url) => url === address), tab.seen.requests.join(" "));
    check(name + ": not wider than the screen", await tab.run("return document.documentElement.scrollWidth <= innerWidth"), String(await tab.run("return document.documentElement.scrollWidth")));
    const wrong = await tab.run(structure);
    check(name + ": structure", wrong.length === 0, wrong.join("; "));
    await shoot(tab, name + ".png", width < 600 ? 2600 : 2400);
    const poor = await tab.run(contrast);
    check(name + ": contrast", poor.length === 0, poor.slice(0, 8).join("; "));
    await tab.close();
  }
}

async function works() {
  const tab = await open({ scheme: "light", width: 1200, height: 900 });
  await press(tab, "Tab");
  check("the first key leads to the workloads", await tab.run("return document.activeElement.className === 'skip'"));
  const order = await tab.run(`const f = [...document.querySelectorAll("a[href], summary, select, input, [tabindex='0']")].filter((e) => e.checkVisibility());
    return f.length > 5 && f.every((e) => e.tabIndex === 0)`);
  check("what can be used can be reached by keys, in the order of the page", order);
  const before = await tab.run("return document.querySelectorAll('.workload').length");
  const chosen = await tab.run(`const s = document.getElementById("by-namespace"); s.selectedIndex = 1; s.dispatchEvent(new Event("change", { bubbles: true }));
    const left = [...document.querySelectorAll(".workload:not([hidden])")];
    return { space: s.value, count: left.length, right: left.every((w) => w.dataset.namespace === s.value), said: document.getElementById("shown").textContent, hash: location.hash }`);
  check("a namespace chosen leaves its workloads", chosen.right && chosen.count > 0 && chosen.count < before, JSON.stringify(chosen));
  check("how many are left is said", chosen.said.startsWith(chosen.count + " of " + before), chosen.said);
  check("the choice is in the address", chosen.hash === "#namespace=" + encodeURIComponent(chosen.space), chosen.hash);
  await tab.close();
  const linked = await open({ scheme: "light", width: 1200, height: 900, hash: chosen.hash });
  check("the address makes the choice", (await linked.run("return document.querySelectorAll('.workload:not([hidden])').length")) === chosen.count);
  check("a link in a table makes the choice", await linked.run(`const a = document.querySelector("a[href^='#rule=']"); a.click(); return true`));
  await new Promise((done) => setTimeout(done, 100));
  check("and shows only that rule", await linked.run(`const rule = document.getElementById("by-rule").value;
    return rule !== "" && [...document.querySelectorAll(".workload:not([hidden]) .broken > li:not([hidden])")].every((i) => i.dataset.rule === rule)`));
  check("nothing in the console", linked.seen.errors.length === 0, linked.seen.errors.join("; "));
  const data = await linked.run("return JSON.parse(document.getElementById('data').textContent).report");
  check("the page has its data", data === "podgate");
  const { data: pdf } = await linked.to("Page.printToPDF", { preferCSSPageSize: true, printBackground: false });
  check("it prints", Buffer.from(pdf, "base64").subarray(0, 5).toString() === "%PDF-");
  if (folder) writeFileSync(join(folder, "page.pdf"), Buffer.from(pdf, "base64"));
  await linked.close();
  const plain = await open({ scheme: "light", width: 1200, height: 900, noScript: true });
  await plain.to("Emulation.setScriptExecutionDisabled", { value: false });
  const alone = await plain.run(`return { form: document.getElementById("filter").hidden, all: document.querySelectorAll(".workload").length }`);
  check("without script all workloads are there and no filter is", alone.form && alone.all === before, JSON.stringify(alone));
  await plain.close();
}

let status = 1;
try {
  await looks();
  await works();
  console.log(passed + " passed, " + failures + " failed");
  status = failures === 0 && passed > 0 ? 0 : 1;
} catch (error) {
  console.log("not ok: " + error.message);
} finally {
  browser.kill();
  browser.on("exit", () => { rmSync(profile, { recursive: true, force: true, maxRetries: 5 }); process.exit(status); });
}
