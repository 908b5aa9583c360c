// The drawing of the treatment room: tap points or paint zones, with finger, mouse or keyboard.
// What is drawn is kept on the tablet and on the server until it is put on record.
"use strict";

(() => {
  const room = document.getElementById("chart");
  if (!room) return;
  const data = JSON.parse(room.dataset.board);
  const words = room.dataset;
  const key = `chart:${data.session}`;
  const area = room.querySelector("[data-canvas]");
  const picture = area.querySelector("img");
  const layer = area.querySelector("svg");
  const field = (name) => room.querySelector(`[data-field="${name}"]`);
  const SVG = "http://www.w3.org/2000/svg";
  const HEIGHT = 120; // of the layer, where its width is 100
  let version = data.version;
  let entries = [];
  let drawing = data.drawing;
  let cursor = null;
  let path = null;
  let timer = 0;

  // Volumes: hundredths of a millilitre, so that sums are exact.
  const hundredths = (text) => Math.round(parseFloat(String(text).replace(",", ".")) * 100) || 0;
  const millilitres = (number) => (number / 100).toFixed(2);
  const lotOf = (uuid) => data.lots.find((lot) => lot.uuid === uuid);

  function settings() {
    return {
      lot: field("lot").value,
      technique: field("technique").value,
      depth_mm: field("depth").value.replace(",", "."),
      needle: field("needle").value,
      device: field("device").value,
      each: hundredths(field("volume").value),
      shape: room.querySelector("[name=shape]:checked").value,
      drawing,
    };
  }

  const same = (one, other) =>
    ["lot", "technique", "depth_mm", "needle", "device", "each", "shape", "drawing"].every(
      (name) => one[name] === other[name],
    );

  const volumeOf = (entry) =>
    entry.shape === "zone" || entry.copied ? entry.each : entry.each * entry.marks.length;

  function place(x, y) {
    const now = settings();
    if (!now.lot) return say(words.noLot);
    if (now.each <= 0) {
      field("volume").focus();
      return say(words.noVolume);
    }
    const last = entries.at(-1);
    if (last && !last.copied && now.shape === "points" && same(last, now)) last.marks.push([x, y]);
    else entries.push({ ...now, marks: [[x, y]] });
    changed();
  }

  function zone(points) {
    const now = settings();
    if (points.length < 3) return;
    if (!now.lot) return say(words.noLot);
    if (now.each <= 0) return say(words.noVolume);
    entries.push({ ...now, marks: points });
    changed();
  }

  function undo() {
    const last = entries.at(-1);
    if (!last) return say(words.nothing);
    if (last.shape === "points" && last.marks.length > 1 && !last.copied) last.marks.pop();
    else entries.pop();
    changed();
  }

  function say(text) {
    room.querySelector("[data-said]").textContent = text;
  }

  // Drawing

  function shape(entry, kind) {
    if (entry.drawing !== drawing) return [];
    if (entry.shape === "zone") {
      const polygon = document.createElementNS(SVG, "polygon");
      polygon.setAttribute("points", entry.marks.map(([x, y]) => `${x},${(y * HEIGHT) / 100}`).join(" "));
      polygon.setAttribute("class", `mark ${kind}`);
      return [polygon];
    }
    return entry.marks.map(([x, y]) => {
      const dot = document.createElementNS(SVG, "circle");
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", (y * HEIGHT) / 100);
      dot.setAttribute("r", 1);
      dot.setAttribute("class", `mark ${kind}`);
      return dot;
    });
  }

  function cross() {
    if (!cursor) return [];
    const lines = document.createElementNS(SVG, "path");
    const [x, y] = [cursor[0], (cursor[1] * HEIGHT) / 100];
    lines.setAttribute("d", `M${x - 3} ${y}h6M${x} ${y - 3}v6`);
    lines.setAttribute("class", "mark-cursor");
    return [lines];
  }

  function draw() {
    const ghost = field("ghost")?.checked ? data.ghost.flatMap((entry) => shape(entry, "is-ghost")) : [];
    layer.replaceChildren(
      ...ghost,
      ...data.recorded.flatMap((entry) => shape(entry, "is-recorded")),
      ...entries.flatMap((entry) => shape(entry, `is-lot-${data.lots.findIndex((lot) => lot.uuid === entry.lot) % 4}`)),
      ...(path ? shape({ drawing, shape: "zone", marks: path }, "is-path") : []),
      ...cross(),
    );
  }

  function element(tag, text, name) {
    const made = document.createElement(tag);
    made.textContent = text;
    if (name) made.className = name;
    return made;
  }

  function listEntries() {
    const list = room.querySelector("[data-entries]");
    list.replaceChildren(
      ...entries.map((entry, index) => {
        const line = document.createElement("li");
        const what = element("div", lotOf(entry.lot)?.name || words.noLot);
        const count = entry.shape === "zone" ? words.zone : `${entry.marks.length} × ${words.points}`;
        const depth = entry.depth_mm ? `, ${entry.depth_mm} mm` : "";
        const where = room.querySelector(`[data-drawing="${entry.drawing}"]`).textContent.trim();
        what.append(element("small", `${where}: ${count}, ${millilitres(volumeOf(entry))} ml${depth}`));
        const remove = element("button", words.remove, "btn btn-sm");
        remove.type = "button";
        remove.setAttribute("aria-label", `${words.remove}: ${lotOf(entry.lot)?.name || ""}, ${index + 1}`);
        remove.addEventListener("click", () => {
          entries.splice(index, 1);
          changed();
        });
        line.append(what, remove);
        return line;
      }),
    );
    list.hidden = !entries.length;
    room.querySelector("[data-none]").hidden = entries.length > 0;
  }

  function total() {
    for (const row of room.querySelectorAll("[data-total]")) {
      const lot = lotOf(row.dataset.total);
      const drawn = entries.filter((entry) => entry.lot === lot.uuid).reduce((sum, entry) => sum + volumeOf(entry), 0);
      const given = hundredths(lot.given) + drawn;
      const most = lot.opened ? hundredths(lot.opened) : Infinity;
      row.querySelector("[data-given]").textContent = millilitres(given);
      row.classList.toggle("is-over", given > most);
      row.querySelector("[data-over]").hidden = given <= most;
    }
    const chosen = data.techniques.find((one) => one.id === field("technique").value);
    field("device").closest("[data-device]").hidden = !chosen?.device;
    const many = chosen?.most && hundredths(field("volume").value) > hundredths(chosen.most);
    const painted = room.querySelector("[name=shape]:checked").value === "zone";
    room.querySelector("[data-most]").hidden = !many || painted;
    if (many) room.querySelector("[data-most]").textContent = `${words.most} ${chosen.most} ml`;
  }

  function show() {
    picture.src = data.drawings[drawing];
    for (const button of room.querySelectorAll("[data-drawing]")) {
      button.setAttribute("aria-pressed", String(button.dataset.drawing === drawing));
    }
    draw();
    listEntries();
    total();
  }

  // Keeping: at once on the tablet, soon on the server.

  const note = document.querySelector("[data-complete] [name=note]");
  const ticks = () => [...document.querySelectorAll("[data-complete] input[type=checkbox]")];
  const ticked = (name) => ticks().filter((box) => box.name === name && box.checked).map((box) => box.value);
  const content = () => ({ entries, note: note?.value || "", steps: ticked("steps"), immediate: ticked("immediate") });

  function keep() {
    try {
      localStorage.setItem(key, JSON.stringify({ version, content: content() }));
    } catch {
      // A full or locked store: the server keeps it alone.
    }
    clearTimeout(timer);
    timer = setTimeout(save, 1500);
  }

  let saving = Promise.resolve();
  function save() {
    clearTimeout(timer);
    saving = saving.then(send);
    return saving;
  }

  async function send() {
    const body = new URLSearchParams({ content: JSON.stringify(content()), version });
    const token = document.querySelector('meta[name="csrf-token"]').content;
    let answer;
    try {
      answer = await fetch(room.dataset.draftUrl, { method: "POST", body, headers: { "X-CSRFToken": token } });
    } catch {
      return state(words.offline);
    }
    if (!answer.ok) return state(answer.status === 409 ? words.stale : words.offline);
    version = (await answer.json()).version;
    try {
      localStorage.setItem(key, JSON.stringify({ version, content: content() }));
    } catch {
      // As above.
    }
    return state(words.kept);
  }

  function state(text) {
    const shown = room.querySelector("[data-state]");
    shown.textContent = text;
    shown.classList.toggle("is-trouble", text !== words.kept);
    return text === words.kept;
  }

  addEventListener("online", save);

  function restore() {
    let mine = null;
    try {
      mine = JSON.parse(localStorage.getItem(key));
    } catch {
      // Nothing that can be read.
    }
    const own = mine && mine.version === version;
    const kept = own ? mine.content : data.draft;
    entries = kept.entries || [];
    if (note && kept.note && !note.value) note.value = kept.note;
    for (const box of ticks()) {
      if ((kept[box.name] || []).includes(box.value)) box.checked = true;
    }
    if (own && JSON.stringify(mine.content) !== JSON.stringify(data.draft)) save();
  }

  function changed() {
    show();
    keep();
    const marks = entries.reduce((sum, entry) => sum + entry.marks.length, 0);
    say(`${words.points}: ${marks}`);
  }

  // Hands

  const percent = (event) => {
    const box = layer.getBoundingClientRect();
    const within = (value) => Math.min(100, Math.max(0, Math.round(value * 100) / 100));
    return [
      within(((event.clientX - box.left) / box.width) * 100),
      within(((event.clientY - box.top) / box.height) * 100),
    ];
  };
  const painting = () => room.querySelector("[name=shape]:checked").value === "zone";

  layer.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    event.preventDefault();
    area.focus({ preventScroll: true });
    cursor = null;
    if (!painting()) return place(...percent(event));
    path = [percent(event)];
    layer.setPointerCapture(event.pointerId);
  });
  layer.addEventListener("pointermove", (event) => {
    if (!path) return;
    const here = percent(event);
    const last = path.at(-1);
    if (Math.hypot(here[0] - last[0], here[1] - last[1]) > 1 && path.length < 600) path.push(here);
    draw();
  });
  const finish = () => {
    const drawn = path;
    path = null;
    if (drawn) zone(drawn);
    draw();
  };
  layer.addEventListener("pointerup", finish);
  layer.addEventListener("pointercancel", finish);

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  let corners = [];
  area.addEventListener("keydown", (event) => {
    if (event.key in STEPS) {
      const [x, y] = cursor || [50, 50];
      const far = event.shiftKey ? 0.5 : 2;
      const [right, down] = STEPS[event.key];
      cursor = [Math.min(100, Math.max(0, x + right * far)), Math.min(100, Math.max(0, y + down * far))];
      say(`${Math.round(cursor[0])} % / ${Math.round(cursor[1])} %`);
    } else if (event.key === "Enter" || event.key === " ") {
      cursor ??= [50, 50];
      if (!painting()) place(...cursor);
      else if (event.key === "Enter" && corners.length > 2) {
        zone(corners);
        corners = [];
        path = null;
      } else {
        corners.push([...cursor]);
        path = corners;
      }
    } else if (event.key === "Backspace" || ((event.ctrlKey || event.metaKey) && event.key === "z")) undo();
    else if (event.key === "Escape") {
      corners = [];
      path = null;
      cursor = null;
    } else return;
    event.preventDefault();
    draw();
  });

  room.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.drawing) {
      drawing = button.dataset.drawing;
      show();
    } else if (button?.dataset.act === "undo") undo();
    else if (button?.dataset.act === "ghost") copyGhost();
  });
  room.addEventListener("input", () => {
    draw();
    total();
  });

  // Last time's marks with today's lots: a product that is not laid out is left out.
  function copyGhost() {
    const copied = data.ghost.flatMap((old) => {
      const lot = data.lots.find((one) => one.product === old.product);
      if (!lot) return [];
      const { volume_ml, product, ...rest } = old;
      return [{ ...rest, lot: lot.uuid, each: hundredths(volume_ml), copied: true }];
    });
    entries.push(...copied);
    if (copied.length) drawing = copied[0].drawing;
    changed();
    say(copied.length ? words.copied : words.noneCopied);
  }

  const form = room.querySelector("form[data-record]");
  form.addEventListener("submit", async (event) => {
    if (form.dataset.ready) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!entries.length) return say(words.nothing);
    if (!(await save())) return;
    form.elements.version.value = version;
    form.elements.entries.value = JSON.stringify(
      entries.map(({ each, copied, ...entry }) => ({ ...entry, volume_ml: millilitres(volumeOf({ each, copied, ...entry })) })),
    );
    form.dataset.ready = "yes";
    form.requestSubmit();
  }, true);
  addEventListener("pageshow", () => delete form.dataset.ready);

  const closing = document.querySelector("form[data-complete]");
  closing?.addEventListener("input", keep);
  closing?.addEventListener("submit", (event) => {
    if (!entries.length) return clearTimeout(timer);
    event.preventDefault();
    say(words.unrecorded);
    area.focus();
  });
  restore();
  const usual = data.techniques.find((one) => one.id === data.technique);
  field("technique").value = usual ? usual.id : "";
  if (usual?.most) field("volume").value = usual.most;
  show();
  room.classList.add("is-live");
})();
