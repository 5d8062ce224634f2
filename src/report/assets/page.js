"use strict";
// Everything the page says can be read without this; it adds choosing, switching, zooming and sorting.
for (const viewer of document.querySelectorAll(".viewer")) view(viewer);
for (const table of document.querySelectorAll("table.sortable")) sortable(table);
for (const field of document.querySelectorAll("[data-filter]")) {
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase();
    for (const row of field.closest("section").querySelectorAll("tbody tr")) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}

function view(viewer) {
  const stages = [...viewer.querySelectorAll(".stage")];
  const said = viewer.querySelector(".chosen");
  const invitation = said?.textContent;
  const keys = viewer.querySelector("[data-keys]");
  const rows = new Map([...document.querySelectorAll("tr[data-hair]")].map(row => [row.dataset.hair, row]));
  const heads = [...document.querySelectorAll("section.hairs thead th")].map(head => head.textContent);
  const hairs = id => viewer.querySelectorAll(`[data-hair="${id}"]`);
  let chosen = null, own = {};

  const layer = box => { for (const stage of stages) stage.classList.toggle("hide-" + box.dataset.layer, !box.checked); };
  const boxes = [...viewer.querySelectorAll("[data-layer]")];
  for (const box of boxes) { box.addEventListener("change", () => layer(box)); layer(box); }

  function choose(id, from) {
    if (chosen !== null) { for (const hair of hairs(chosen)) hair.classList.remove("on"); rows.get(chosen)?.classList.remove("on"); }
    chosen = id;
    if (id === null) {
      if (said) said.textContent = invitation;
      return history.replaceState(null, "", location.pathname + location.search);
    }
    // The one chosen lies on top of what crosses it.
    for (const hair of hairs(id)) { hair.classList.add("on"); hair.parentNode.insertBefore(hair, hair.parentNode.querySelector(":scope > g.layer.units, :scope > g.scale")); }
    const row = rows.get(id);
    if (row) {
      row.classList.add("on");
      if (from === "photo") row.scrollIntoView({ block: "nearest" });
      if (said) said.textContent = [...row.cells].map((cell, i) => `${heads[i]} ${cell.textContent}`).join("; ");
    }
    history.replaceState(null, "", "#hair-" + id);
  }
  viewer.addEventListener("click", event => {
    const hair = event.target.closest("[data-hair]");
    if (hair && !moved) choose(hair.dataset.hair, "photo");
  });
  for (const [id, row] of rows) {
    row.addEventListener("click", () => choose(id, "row"));
    row.addEventListener("mouseenter", () => { for (const hair of hairs(id)) hair.classList.add("near"); });
    row.addEventListener("mouseleave", () => { for (const hair of hairs(id)) hair.classList.remove("near"); });
    row.addEventListener("keydown", event => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      const next = step && row[step];
      if (!next) return;
      event.preventDefault();
      next.querySelector("button").focus();
      choose(next.dataset.hair, "row");
    });
  }
  const asked = /^#hair-(.+)$/.exec(location.hash);
  if (asked && hairs(CSS.escape(asked[1])).length) choose(asked[1], "photo");

  // All stages of a viewer show the same part.
  const whole = stages.length ? stages[0].viewBox.baseVal : null;
  const full = whole && { x: whole.x, y: whole.y, w: whole.width, h: whole.height };
  let part = full && { ...full };
  function show() {
    part.w = Math.min(part.w, full.w); part.h = part.w * full.h / full.w;
    part.x = Math.min(Math.max(part.x, full.x), full.x + full.w - part.w);
    part.y = Math.min(Math.max(part.y, full.y), full.y + full.h - part.h);
    for (const stage of stages) {
      stage.setAttribute("viewBox", `${part.x} ${part.y} ${part.w} ${part.h}`);
      stage.classList.toggle("zoomed", part.w < full.w);
    }
  }
  function zoom(factor) {
    if (!factor) { part = { ...full }; return show(); }
    let x = part.x + part.w / 2, y = part.y + part.h / 2;
    const on = chosen !== null && hairs(chosen)[0];
    if (on) { const box = on.getBBox(); x = box.x + box.width / 2; y = box.y + box.height / 2; }
    part.w = Math.max(full.w / 24, part.w / factor);
    part.x = x - part.w / 2; part.y = y - part.w * full.h / full.w / 2;
    show();
  }
  for (const button of viewer.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => zoom(Number(button.dataset.zoom)));
  // Before and after: how much of the later photo is shown, and the two in turn.
  const slider = viewer.querySelector(".slider");
  if (slider) {
    const [earlier, later] = viewer.querySelectorAll(".window"), divide = viewer.querySelector(".divide"), blink = viewer.querySelector("[data-blink]");
    const place = () => {
      const shown = full.w * slider.value / 100, from = full.x + full.w - shown;
      later.setAttribute("x", from); later.setAttribute("width", shown);
      earlier.setAttribute("width", full.w - shown);
      divide.setAttribute("x1", from); divide.setAttribute("x2", from);
    };
    slider.addEventListener("input", place);
    let turning = null;
    const turn = () => {
      blink.setAttribute("aria-pressed", turning === null);
      if (turning === null) { slider.value = 100; place(); turning = setInterval(() => stages[0].classList.toggle("blinked"), 700); }
      else { clearInterval(turning); turning = null; stages[0].classList.remove("blinked"); slider.value = 50; place(); }
    };
    const swap = () => { if (turning !== null) turn(); slider.value = slider.value < 50 ? 100 : 0; place(); };
    blink.addEventListener("click", turn);
    viewer.querySelector("[data-swap]").addEventListener("click", swap);
    own = { b: turn, x: swap };
  }
  let moved = false;
  for (const stage of stages) {
    let from = null;
    stage.addEventListener("pointerdown", event => { from = { x: event.clientX, y: event.clientY, part: { ...part } }; moved = false; });
    stage.addEventListener("pointermove", event => {
      if (!from || !event.buttons || part.w >= full.w) return;
      const scale = part.w / stage.clientWidth, dx = event.clientX - from.x, dy = event.clientY - from.y;
      if (Math.hypot(dx, dy) > 4) moved = true;
      part.x = from.part.x - dx * scale; part.y = from.part.y - dy * scale;
      show();
    });
    stage.addEventListener("pointerup", () => { from = null; });
    stage.addEventListener("keydown", event => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step || part.w >= full.w) return;
      event.preventDefault();
      part.x += step[0] * part.w / 8; part.y += step[1] * part.h / 8;
      show();
    });
  }

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || (keys && !keys.checked)) return;
    if (event.target.matches("input:not([type=checkbox]), textarea, select")) return;
    if (event.key === "Escape") return choose(null);
    if ("+-0".includes(event.key)) return zoom({ "+": 1.5, "-": 1 / 1.5, 0: 0 }[event.key]);
    if (own[event.key]) return own[event.key]();
    const box = boxes.find(box => box.dataset.key === event.key);
    if (box) { box.checked = !box.checked; layer(box); box.dispatchEvent(new Event("change")); }
  });
}

function sortable(table) {
  for (const button of table.querySelectorAll("[data-sort]")) {
    button.addEventListener("click", () => {
      const head = button.closest("th"), at = head.cellIndex, up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = row => { const cell = row.cells[at]; return cell.dataset.value ?? cell.textContent.trim(); };
      const compare = (a, b) => {
        const [x, y] = [parseFloat(a), parseFloat(b)];
        // What is not known stands last, whichever way the others are sorted.
        if (isNaN(x) !== isNaN(y) && head.classList.contains("number")) return isNaN(x) ? 1 : -1;
        const order = head.classList.contains("number") && !isNaN(x) ? x - y : a.localeCompare(b, undefined, { numeric: true });
        return up ? order : -order;
      };
      const body = table.tBodies[0];
      for (const row of [...body.rows].map(row => [key(row), row]).sort((a, b) => compare(a[0], b[0]))) body.append(row[1]);
    });
  }
}
