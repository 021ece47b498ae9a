// Progressive enhancement: everything works without it. Texts come from the page, in
// the reader's language; URLs, too, so that it works under a sub-path.

const language = document.documentElement.lang || "en";

// The browser's time zone, for readers who chose none.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const known = document.cookie.split("; ").includes(`timezone=${zone}`);
if (zone && !known) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  // Only for this site: there may be others on the same host.
  const path = document.querySelector("a.brand")?.pathname ?? "/";
  document.cookie = `timezone=${zone}; path=${path}; max-age=31536000; SameSite=Lax${secure}`;
}

// Updates relative times while the page is open.
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const units = [["day", 86400], ["hour", 3600], ["minute", 60]];

function showTimes(root) {
  for (const element of root.querySelectorAll("time[data-relative]")) {
    const seconds = (Date.parse(element.dateTime) - Date.now()) / 1000;
    // The server has rendered "just now", and the date of posts over a week old.
    const [unit, size] = units.find(([, size]) => -seconds >= size) ?? [];
    if (!unit || -seconds > 7 * 86400) continue;
    element.textContent = relative.format(Math.trunc(seconds / size), unit);
  }
}

// The number of characters left, counted like on the server.
function showCounter(field) {
  const counter = document.getElementById(field.dataset.counter);
  if (!counter) return;
  const left = Number(field.dataset.limit) - [...field.value.replace(/\r\n?/g, "\n").trim()].length;
  counter.textContent = new Intl.NumberFormat(language).format(left);
  counter.classList.toggle("over", left < 0);
}

// Prevents a second submission; the page may be restored from the history.
const sending = new WeakSet();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (sending.has(form)) event.preventDefault();
  sending.add(form);
});
addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => sending.delete(form)));

document.addEventListener("input", (event) => {
  if (event.target.dataset.counter) showCounter(event.target);
});

// One menu at a time; Escape and a click elsewhere close it.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));

// A card about the person whose nickname has the pointer or the focus. The link asks
// for it, by its attributes, when it gets the event "card".
const card = document.getElementById("card");
const isCardLink = (element) => element.matches('[hx-trigger="card"]');
let timer = 0;

function hideCard() {
  clearTimeout(timer);
  card.hidden = true;
  card.replaceChildren();
}

function placeCard(link) {
  card.hidden = false;
  const place = link.getBoundingClientRect();
  const room = document.documentElement.clientWidth - card.offsetWidth - 16;
  card.style.insetBlockStart = `${scrollY + place.bottom + 4}px`;
  card.style.left = `${Math.max(16, Math.min(place.left, room))}px`;
}

function planCard(event) {
  const link = event.target.closest?.('[hx-trigger="card"]');
  if (!link || !card) return;
  clearTimeout(timer);
  timer = setTimeout(() => link.dispatchEvent(new Event("card")), 350);
}

function planHiding(event) {
  if (!card || !event.target.closest?.('[hx-trigger="card"], #card')) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (!card.matches(":hover, :focus-within")) hideCard();
  }, 300);
}

document.addEventListener("mouseover", planCard);
document.addEventListener("focusin", planCard);
document.addEventListener("mouseout", planHiding);
document.addEventListener("focusout", planHiding);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (card) hideCard();
  closeMenus(null);
});

// What no longer has the pointer needs no card, and what fails shows none.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, xhr } = event.detail;
  if (!isCardLink(elt)) return;
  if (xhr.status !== 200 || !elt.matches(":hover, :focus")) event.preventDefault();
});
document.addEventListener("htmx:afterSwap", (event) => {
  const link = event.detail.requestConfig.elt;
  if (isCardLink(link)) placeCard(link);
});

// A part of a page carries the mark of its page (docs/frontend.md).
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["HX-Nonce"] = event.detail.elt.dataset.htmx;
});

// What htmx cannot do is done as without it: the browser shows what is wrong.
function doWithout(event) {
  const element = event.detail.elt;
  const isTold = event.type !== "htmx:responseError" && element.dataset.unreachable;
  if (isTold || isCardLink(element)) return;
  if (element.matches("form")) element.submit();
  else location.assign(element.href);
}
document.addEventListener("htmx:sendError", doWithout);
document.addEventListener("htmx:timeout", doWithout);
document.addEventListener("htmx:responseError", doWithout);

// Shows an error in place of a fragment when the server cannot be reached.
function sayUnreachable(event) {
  const { elt, target } = event.detail;
  const text = elt.dataset.unreachable;
  if (!text || !target) return;
  const alert = document.createElement("div");
  alert.className = "alert alert-danger";
  alert.role = "alert";
  alert.textContent = text;
  target.replaceChildren(alert);
}
document.addEventListener("htmx:sendError", sayUnreachable);
document.addEventListener("htmx:timeout", sayUnreachable);
document.addEventListener("htmx:afterRequest", (event) => sending.delete(event.detail.elt));
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));

function prepare(root) {
  showTimes(root);
  root.querySelectorAll("[data-counter]").forEach(showCounter);
}

prepare(document);
setInterval(() => showTimes(document), 30000);
