// The page's side of `ordering.Lines`: two columns of lines, those to choose from and the program.

function render({ model, el }) {
  const words = model.get("words");
  const lines = model.get("lines");
  const rows = {};
  let dragged = null;

  const how = document.createElement("div");
  how.textContent = words.how;
  const columns = document.createElement("div");
  columns.className = "gan-lines";
  const lists = ["pool", "program"].map((name) => {
    const part = document.createElement("section");
    part.append(Object.assign(document.createElement("div"), { textContent: words[name] }));
    const list = document.createElement("ol");
    list.setAttribute("aria-label", words[name]);
    list.setAttribute("data-lm-suppress-shortcuts", "true"); // or the notebook takes the keys
    part.append(list);
    columns.append(part);
    return list;
  });
  const [pool, program] = lists;
  el.append(how, columns);

  for (const [letter, code] of Object.entries(lines)) {
    const row = document.createElement("li");
    Object.assign(row, { tabIndex: 0 });
    row.dataset.letter = letter;
    const text = Object.assign(document.createElement("code"), { textContent: code });
    text.style.setProperty("--gan-hang", `${code.search(/\S/) + 4}ch`); // where a broken line goes on
    row.append(Object.assign(document.createElement("b"), { textContent: letter }), text);
    rows[letter] = row;
  }

  function fill() {
    const active = columns.contains(document.activeElement) ? document.activeElement : null;
    const chosen = model.get("chosen");
    const rest = Object.keys(lines).filter((letter) => !chosen.includes(letter));
    pool.replaceChildren(...rest.map((letter) => rows[letter]));
    program.replaceChildren(...chosen.map((letter) => rows[letter]));
    active?.focus({ preventScroll: true }); // which a row that is moved would lose
  }

  // A message of its own: ipywidgets holds changes back while the kernel is busy, but no click, and
  // so a check would come before the lines.
  function keep() {
    const chosen = [...program.children].map((row) => row.dataset.letter);
    model.set("chosen", chosen);
    model.send({ chosen });
  }

  function move(row, list, before) {
    if (list === pool) {
      const later = [...pool.children].find((other) => other.dataset.letter > row.dataset.letter);
      pool.insertBefore(row, later ?? null);
    } else {
      list.insertBefore(row, before ?? null);
    }
  }

  // The row below which a pointer is not: what is dropped goes in front of it.
  const below = (list, y) => [...list.children].find((row) => {
    const box = row.getBoundingClientRect();
    return row !== dragged && y < box.top + box.height / 2;
  });

  columns.addEventListener("pointerdown", (event) => {
    if (event.button) return; // a menu was asked for
    dragged = event.target.closest("li");
    if (!dragged) return;
    dragged.focus({ preventScroll: true });
    dragged.classList.add("dragged");
    columns.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  columns.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    const over = lists.find((list) => {
      const box = list.parentElement.getBoundingClientRect();
      return event.clientX >= box.left && event.clientX <= box.right
        && event.clientY >= box.top && event.clientY <= box.bottom;
    });
    if (over) move(dragged, over, below(over, event.clientY));
  });
  columns.addEventListener("lostpointercapture", () => {
    dragged?.classList.remove("dragged");
    dragged = null;
    keep();
  });

  columns.addEventListener("keydown", (event) => {
    const row = event.target.closest("li");
    if (!row) return;
    const list = row.parentElement;
    const next = { ArrowUp: row.previousElementSibling, ArrowDown: row.nextElementSibling };
    if (event.key === "Enter" || event.key === " ") {
      const stays = row.nextElementSibling ?? row.previousElementSibling;
      move(row, list === pool ? program : pool);
      (list === pool ? stays ?? row : row).focus();
    } else if (event.key in next) {
      const other = next[event.key];
      if (!event.shiftKey) other?.focus();
      else if (other && list === program) {
        list.insertBefore(row, event.key === "ArrowUp" ? other : other.nextElementSibling);
        row.focus();
      }
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    keep();
  });

  model.on("change:chosen", fill);
  fill();
  return () => model.off("change:chosen", fill);
}

export default { render };
