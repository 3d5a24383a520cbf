// What a reader may do without: keys, live news, and words that survive a lost page. Everything works without it.
const page = document.body;
const help = document.getElementById("keys");
const offer = document.querySelector(".news");
const about = document.querySelector("[data-about]");
const rows = () => [...document.querySelectorAll(".row")];
const link = (row) => row.querySelector(".what a");

// Keys. A single letter counts only outside of fields, without modifiers, and where the reader left them on.
const step = (by) => {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  if (next) { link(next).focus(); next.scrollIntoView({ block: "nearest" }); }
};
const go = (selector) => { const found = document.querySelector(selector); if (found) location.href = found.href; };
const open = (at) => {
  const row = rows().find((each) => each.contains(document.activeElement));
  if (row) location.href = link(row).href + at;
};
const focus = (selector) => {
  const found = document.querySelector(selector);
  const fold = found?.closest("details");
  if (fold) fold.open = true;
  found?.focus();
  found?.scrollIntoView({ block: "nearest" });
};
const select = () => {
  const box = rows().find((each) => each.contains(document.activeElement))?.querySelector("[type=checkbox]");
  if (box) box.checked = !box.checked;
  return Boolean(box);
};
const edit = () => { document.getElementById("edit").open = true; focus("#edit :is(input:not([type=hidden]), select, textarea)"); };
const onQueue = {
  j: () => step(1), k: () => step(-1), a: () => open("#approve"), e: () => open("#edit"), r: () => open("#reason"),
  "/": () => focus("[type=search]"),
};
const onReview = {
  j: () => go("[rel=next]"), k: () => go("[rel=prev]"), a: () => focus("#approve"), r: () => focus("#reason"),
  e: () => document.getElementById("edit") && edit(), q: () => { location.href = "/queue"; },
};
const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select, dialog");
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || "noKeys" in page.dataset) return;
  if (event.key === " " && !about && !event.target.closest("button, summary, input") && select()) return event.preventDefault();
  const keys = about ? onReview : rows().length ? onQueue : {};
  const act = event.key === "?" ? () => help?.showModal() : keys[event.key.toLowerCase()];
  if (act) { event.preventDefault(); act(); }
});
if (about && location.hash === "#edit") edit();
else if (about && ["#approve", "#reason"].includes(location.hash)) focus(location.hash);

// Words that were typed are kept in this tab until they are sent: a session may end, a page may be closed.
const drafts = [...document.querySelectorAll("form[data-draft]")];
const fields = (form) => [...form.elements].filter((each) => each.name && each.type !== "hidden" && each.tagName !== "BUTTON");
for (const form of drafts) {
  const place = `draft ${form.dataset.draft} ${form.elements.args_digest.value}`;
  const kept = JSON.parse(sessionStorage.getItem(place) ?? "null");
  if (kept) {
    for (const field of fields(form)) if (field.name in kept) field.value = kept[field.name];
    const fold = form.closest("details");
    if (fold) fold.open = true;
  }
  form.addEventListener("input", () => {
    sessionStorage.setItem(place, JSON.stringify(Object.fromEntries(fields(form).map((each) => [each.name, each.value]))));
  });
}
// The page after a verdict says so by its status; then what was typed has arrived.
if (about && document.querySelector(".note.good[role=status]"))
  for (const place of Object.keys(sessionStorage)) if (place.includes(about.dataset.about)) sessionStorage.removeItem(place);

// Live news. Nothing moves under the reader's hand: what is over is greyed where it stands, what is new is offered.
const say = (text, href) => {
  offer.hidden = false;
  offer.textContent = text;
  const again = document.createElement("a");
  again.href = href;
  again.textContent = "Show";
  offer.append(" ", again);
};
const look = async () => {
  const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const ids = new Set([...fresh.querySelectorAll(".row")].map((row) => row.dataset.review));
  const shown = rows();
  for (const row of shown) {
    if (ids.has(row.dataset.review) || row.classList.contains("gone")) continue;
    row.classList.add("gone");
    row.querySelector(".due").textContent = "gone";
    const box = row.querySelector("[type=checkbox]");
    if (box) Object.assign(box, { checked: false, disabled: true });
  }
  const known = new Set(shown.map((row) => row.dataset.review));
  const fresher = [...ids].filter((id) => !known.has(id)).length;
  if (fresher || !shown.length) say(`${fresher} new`, location.href);
};
let waiting;
const news = (event) => {
  const { kind, refs } = JSON.parse(event.data);
  if (!/^(review|verdict|decision|execution|case)\./.test(kind)) return;
  if (about && refs.review === about.dataset.about) say("This review has changed.", location.pathname);
  if (!about && document.querySelector("[data-live], .empty")) { clearTimeout(waiting); waiting = setTimeout(look, 700); }
};
if ("signedIn" in page.dataset && (about || document.querySelector(".desk")))
  new EventSource("/v1/live").addEventListener("entry", news);
