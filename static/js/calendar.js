// The calendar sheet: visits by person or by room, dragged with the mouse or a finger. Everything
// here can also be done from the list below it, with the keyboard and without JavaScript. Times are
// those of the clinic's wall clock: strings without a zone, so that the browser's own never matters.
"use strict";

const sheet = document.getElementById("sheet");
const words = sheet.dataset;
const csrf = () => document.querySelector('meta[name="csrf-token"]').content;
let marks = {};
let undo = null;

const element = (tag, className, text = "") =>
  Object.assign(document.createElement(tag), { className, textContent: text });

// A wall time moved by whole days and seconds; computed in UTC, where every hour exists.
function shifted(wall, delta) {
  const at = new Date(`${wall}:00Z`);
  at.setUTCDate(at.getUTCDate() + (delta.days || 0));
  at.setUTCSeconds(at.getUTCSeconds() + (delta.seconds || 0));
  return at.toISOString().slice(0, 16);
}
const minutesBetween = (from, until) => (new Date(`${until}:00Z`) - new Date(`${from}:00Z`)) / 60000;
const readable = (wall) =>
  new Intl.DateTimeFormat(document.documentElement.lang, {
    weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "UTC",
  }).format(new Date(`${wall}:00Z`));

function icon(name, label) {
  const holder = element("span", "sheet-mark");
  holder.title = label;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${words.icons}#${name}`);
  svg.append(use);
  holder.append(svg, element("span", "visually-hidden", label));
  return holder;
}

function dots({ done, booked, total }) {
  const row = element("span", "course-dots");
  for (let n = 0; n < total; n += 1)
    row.append(element("span", `course-dot course-dot-${n < done ? "done" : n < done + booked ? "booked" : "free"}`));
  return row;
}

function drawn({ event }) {
  if (event.display === "background") return { domNodes: [element("span", "sheet-away", event.title)] };
  const props = event.extendedProps;
  if (!props.wall) return { domNodes: [] }; // the widget's own shadow under the pointer
  const from = props.wall[0].slice(11);
  const name = element("strong", "who", event.title);
  const head = element("span", "sheet-head", `${from} `);
  head.append(name);
  const column = words.by === "room" ? props.practitionerName : props.roomName;
  const about = element("span", "sheet-about", `${props.kind}, ${props.state}, ${column}`);
  const icons = element("span", "sheet-icons");
  const mark = marks[event.id];
  if (mark?.dots) icons.append(dots(mark.dots));
  for (const lack of mark?.lacks || []) icons.append(icon(lack.icon, lack.label));
  return { domNodes: [head, icons, about] };
}

const address = (base, more = {}) => {
  const asked = new URLSearchParams({
    at: words.at, from: words.first, until: words.until, by: words.by, ...more,
  });
  return `${base}?${asked}`;
};

async function fetched(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  return answer.json();
}

async function load(calendar) {
  const found = await fetched(address(words.feed));
  for (const event of found.events)
    if (event.extendedProps) event.extendedProps.wall = [event.start, event.end];
  const who = document.getElementById("who");
  const fill = !who.options.length;
  if (fill) {
    who.append(new Option(words.everybody, ""));
    for (const one of found.columns) who.append(new Option(one.title, one.id));
    if (words.view === "week" && found.columns.length > 1) who.value = found.columns[0].id;
  }
  const columns = found.columns.filter((one) => !who.value || one.id === who.value);
  calendar.setOption("slotMinTime", `${found.opens}:00:00`);
  calendar.setOption("slotMaxTime", `${found.closes}:00:00`);
  calendar.setOption("resources", columns);
  calendar.setOption("events", found.events);
  sheet.dataset.ready = "yes";
  marks = await fetched(address(words.marks));
  calendar.setOption("events", found.events);
  sheet.dataset.marked = "yes";
}

// A drop is asked about once, and can be taken back before anybody is told.
function asked(info, wish) {
  const dialog = document.getElementById("drop");
  const props = info.event.extendedProps;
  dialog.querySelector("[data-name]").textContent = info.event.title;
  dialog.querySelector("[data-from]").textContent = readable(props.wall[0]);
  dialog.querySelector("[data-to]").textContent =
    `${readable(wish.start)}, ${wish.minutes} min${wish.column ? `, ${wish.column}` : ""}`;
  dialog.querySelector("[data-following]").hidden = !props.session;
  dialog.querySelector("[data-error]").hidden = true;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

async function posted(url, wish) {
  const body = new URLSearchParams(Object.entries(wish).filter(([, value]) => value !== "" && value !== false));
  const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": csrf() } });
  const found = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
  return { ok: answer.ok, ...found };
}

function told(text, tone, more) {
  const notice = element("div", `notice notice-${tone}`);
  const line = element("p", "", text);
  notice.append(line);
  if (more) notice.append(more);
  document.getElementById("messages").replaceChildren(notice);
}

async function moved(info, calendar) {
  const props = info.event.extendedProps;
  const [from, until] = props.wall;
  const start = info.delta ? shifted(from, info.delta) : from;
  const end = shifted(until, info.delta || info.endDelta);
  const column = info.newResource;
  const owner = words.by === "room" ? "room" : "practitioner";
  const before = {
    start: from, minutes: minutesBetween(from, until), room: props.room, practitioner: props.practitioner,
  };
  const wish = { ...before, start, minutes: minutesBetween(start, end), column: column?.title };
  if (column) wish[owner] = column.id;
  if (!(await asked(info, wish))) return info.revert();
  delete wish.column;
  const form = document.getElementById("drop-form");
  const following = props.session && form.elements.following.checked;
  const answer = await posted(props.drop, {
    ...wish, version: props.version, following, tell: form.elements.tell.checked,
  });
  if (!answer.ok) {
    info.revert();
    const free = (answer.free || []).map(readable).join(" · ");
    told(`${answer.error || words.failed}${free ? ` ${words.free} ${free}` : ""}`, "danger");
  } else {
    undo = { url: props.drop, wish: { ...before, version: answer.version, following, tell: false } };
    const back = element("button", "btn btn-sm", words.undo);
    back.type = "button";
    back.addEventListener("click", () => takenBack(calendar));
    told(answer.said, "success", back);
    back.focus();
  }
  await load(calendar);
}

async function takenBack(calendar) {
  if (!undo) return;
  const answer = await posted(undo.url, undo.wish);
  undo = null;
  told(answer.ok ? words.undone : answer.error || words.failed, answer.ok ? "success" : "danger");
  await load(calendar);
}

function booked(info) {
  if (!words.book) return;
  const column = info.resource?.id || "";
  const asked = new URLSearchParams({ start: info.dateStr.slice(0, 16), at: words.at });
  asked.set(words.by === "room" ? "room" : "practitioner", column);
  location.assign(`${words.book}?${asked}`);
}

function begin() {
  const step = Number(words.step);
  const calendar = EventCalendar.create(sheet, {
    view: words.view === "week" ? "resourceTimeGridWeek" : "resourceTimeGridDay",
    date: words.first,
    firstDay: 1,
    timeZone: words.offset,
    locale: document.documentElement.lang,
    headerToolbar: { start: "", center: "", end: "" },
    allDaySlot: false,
    nowIndicator: true,
    datesAboveResources: words.view === "week",
    columnWidth: "minmax(7rem, 1fr)",
    slotDuration: { minutes: step },
    snapDuration: { minutes: step },
    slotLabelInterval: { hours: 1 },
    slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    slotHeight: { 5: 14, 10: 20, 15: 24 }[step],
    slotEventOverlap: false,
    height: "max(26rem, calc(100vh - 15rem))",
    scrollTime: words.scroll,
    pointer: Boolean(words.book),
    eventContent: drawn,
    eventClassNames: ({ event }) => [`tone-${event.extendedProps.tone || "none"}`],
    eventClick: ({ event }) => event.extendedProps.url && location.assign(event.extendedProps.url),
    eventDrop: (info) => moved(info, calendar),
    eventResize: (info) => moved(info, calendar),
    dateClick: booked,
  });
  load(calendar).catch(() => told(words.failed, "danger"));
  document.getElementById("who").addEventListener("change", () => load(calendar));
}

// Names can be hidden from whoever stands at the desk; this browser remembers it.
const veil = document.getElementById("veil");
function veiled(hidden) {
  document.body.classList.toggle("names-hidden", hidden);
  veil.setAttribute("aria-pressed", String(hidden));
  localStorage.setItem("names-hidden", hidden ? "yes" : "");
}
veil.hidden = false;
veil.addEventListener("click", () => veiled(!document.body.classList.contains("names-hidden")));
veiled(localStorage.getItem("names-hidden") === "yes");

document.body.classList.add("has-sheet");
begin();
