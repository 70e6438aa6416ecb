const tables = new WeakMap(), SELECT_MS = 300, BEFORE = 16;

class AnswerGrid {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(name);
    this.rows = new Map(); // id -> {data, said, element, verdict}
    this.on = new Set();
    this.body = this.find("tbody");
    this.body.onclick = (event) => {
      const row = event.target.closest("tr");
      if (row) this.select(Number(row.dataset.id));
    };
    this.bar = new VerdictBar(root, () => this.judged(), () => this.move(1), (id) => this.back(id));
    this.listener = (event) => this.key(event);
    document.addEventListener("keydown", this.listener);
  }

  update(component) {
    const { data } = component, begun = performance.now();
    const first = !this.data;
    Object.assign(this, { component, data });
    if (first) this.on = new Set(data.chosen);
    if (this.version !== data.version) this.build();
    data.said.forEach((said, at) => this.say(this.rows.get(data.rows[at].id), said));
    this.chips();
    const wanted = first || data.linked !== this.linked ? data.selected : this.selected;
    this.linked = data.linked;
    if (!this.rows.has(this.selected) || wanted !== this.selected) {
      const shown = this.shown();
      this.mark(this.rows.has(wanted) ? wanted : shown.length ? Number(shown[0].dataset.id) : null);
    }
    this.filter();
    this.find(".bar").hidden = !data.judging;
    if (data.judging) this.bar.update(component);
    this.pane();
    performance.measure("answer-table-update", { start: begun, end: performance.now() });
  }

  build() {
    this.version = this.data.version;
    this.rows.clear();
    this.head();
    const all = document.createDocumentFragment();
    for (const data of this.data.rows) {
      const element = made("tr");
      element.dataset.id = data.id;
      element.tabIndex = -1;
      element.append(made("th", "question", data.q));
      element.firstChild.scope = "row";
      element.append(this.cell(data.base), ...data.told.map((told) => this.cell(told)));
      const verdict = element.appendChild(made("td", "verdict"));
      this.rows.set(data.id, { data, element, verdict, said: ["", [], []] });
      all.append(element);
    }
    this.body.replaceChildren(all);
    this.order = null;
  }

  head() {
    const row = made("tr");
    this.data.columns.forEach((name, at) => {
      const cell = made("th");
      cell.scope = "col";
      const button = cell.appendChild(made("button", "", name));
      button.type = "button";
      button.title = "Sort by this column";
      button.onclick = () => this.sort(at, cell);
      row.append(cell);
    });
    this.find("thead").replaceChildren(row);
  }

  cell([pieces, word, tone]) {
    const cell = made("td", "answer"), text = made("div", "clip");
    if (word) text.append(made("span", `word ${tone}`, word), " ");
    text.append(...marked(begun(pieces)));
    cell.append(text);
    return cell;
  }

  say(row, said) {
    const waits = this.data.judging ? this.bar.waits(row.data.id) : "";
    const own = waits ? `${this.data.words[row.data.kind][Number(waits) - 1]} …` : said[0];
    const text = [own, ...said[1]].filter(Boolean).join(" · ") || "–";
    if (row.verdict.textContent !== text) row.verdict.textContent = text;
    row.said = said;
  }

  chips() {
    const place = this.find(".chips");
    const names = this.data.filters.map(([name]) => name);
    if (place.childElementCount !== names.length + 1) {
      place.replaceChildren(...["", ...names].map((name) => {
        const button = made("button");
        button.type = "button";
        button.onclick = () => {
          if (!name) this.on.clear();
          else if (!this.on.delete(name)) this.on.add(name);
          this.component.setStateValue("chips", [...this.on]);
          this.chips();
          this.filter(true);
        };
        return button;
      }));
    }
    const counts = [["", "All", this.data.all, "Remove every filter."], ...this.data.filters];
    counts.forEach(([name, word, count, meaning], at) => {
      const button = place.children[at];
      button.textContent = `${word} ${count}`;
      button.title = meaning;
      button.setAttribute("aria-pressed", String(name ? this.on.has(name) : !this.on.size));
    });
  }

  filter(moved) { // the row in view stays until one moves on, though a verdict took it out of the filter
    let shown = 0;
    for (const [id, { element, said }] of this.rows) {
      const meets = [...this.on].every((name) => said[2].includes(name));
      shown += meets;
      element.hidden = !meets && (moved || id !== this.selected);
    }
    this.find(".none").hidden = shown > 0;
    const now = this.rows.get(this.selected);
    if (moved && (!now || now.element.hidden)) {
      const rows = this.shown();
      if (rows.length) this.select(Number(rows[0].dataset.id));
    }
    this.count();
  }

  count() {
    const shown = this.shown(), at = shown.findIndex((row) => Number(row.dataset.id) === this.selected);
    this.find(".count").textContent = `${at < 0 ? "–" : at + 1} of ${shown.length}`;
  }

  shown() { return [...this.body.children].filter((row) => !row.hidden); }

  sort(at, cell) {
    const up = this.order !== at;
    this.order = up ? at : null;
    for (const head of this.find("thead tr").children) head.removeAttribute("aria-sort");
    const value = ({ data, element }) => at === 0 ? data.q : element.children[at].textContent;
    const rows = [...this.rows.values()];
    if (up) {
      cell.setAttribute("aria-sort", "ascending");
      rows.sort((one, two) => value(one).localeCompare(value(two)));
    }
    this.body.append(...rows.map((row) => row.element));
    this.count();
  }

  judged() {
    const row = this.rows.get(this.selected);
    return row ? { question: row.data.id, words: this.data.words[row.data.kind], own: row.said[0] } : null;
  }

  mark(id) { // without telling the server
    const before = this.rows.get(this.selected), now = this.rows.get(id);
    if (before) {
      before.element.removeAttribute("aria-current");
      before.element.tabIndex = -1;
    }
    this.selected = id;
    if (!now) return;
    now.element.setAttribute("aria-current", "true");
    now.element.tabIndex = 0;
    this.within(now.element);
  }

  within(row) { // scrolls the table alone, never the page
    const frame = this.find(".rows"), head = this.find("thead").offsetHeight;
    const top = row.offsetTop - head;
    if (top < frame.scrollTop) frame.scrollTop = top;
    else if (row.offsetTop + row.offsetHeight > frame.scrollTop + frame.clientHeight)
      frame.scrollTop = row.offsetTop + row.offsetHeight - frame.clientHeight;
  }

  select(id) {
    const begun = performance.now();
    this.mark(id);
    this.pane();
    if (this.data.judging) this.bar.show();
    this.count();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.component.setStateValue("selected", id), SELECT_MS);
    performance.measure("answer-table-select", { start: begun, end: performance.now() });
  }

  back(id) {
    if (this.rows.has(id) && id !== this.selected) this.select(id);
  }

  move(by) {
    let row = (this.rows.get(this.selected) || {}).element;
    const focused = row && row === this.root.activeElement;
    do row = row && (by > 0 ? row.nextElementSibling : row.previousElementSibling); while (row && row.hidden);
    if (!row) return false;
    this.select(Number(row.dataset.id));
    if (focused) row.focus({ preventScroll: true });
    if (this.data.judging) for (const each of this.rows.values()) if (this.bar.waits(each.data.id)) this.say(each, each.said);
    return true;
  }

  key(event) {
    if (this.data.judging && this.bar.key(event)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const inside = this.find(".rows").contains(event.composedPath()[0]);
    const by = { j: 1, n: 1, k: -1, p: -1, ...(inside && { arrowdown: 1, arrowup: -1 }) }[event.key.toLowerCase()];
    if (!by) return;
    event.preventDefault();
    const brought = this.data.judging && this.bar.justBrought();
    if (event.key.toLowerCase() === "n" && brought) return;
    this.move(by);
  }

  pane() {
    const row = this.rows.get(this.selected), place = this.find(".pane");
    if (!row) return place.replaceChildren(made("p", "", "No row is chosen."));
    const { data } = row, detail = this.data.detail && this.data.detail.id === data.id ? this.data.detail : null;
    const parts = [made("p", "about", data.about), made("p", "asked", data.q), made("p", "", `True answer: ${data.a}`)];
    [data.base, ...data.told].forEach(([pieces, word, tone, rouge], at) => {
      const told = made("div", "told"), text = made("p", "whole");
      const head = told.appendChild(made("p", "who-said", this.data.columns[at + 1]));
      if (word) head.append(" ", made("span", `word ${tone}`, word));
      if (rouge) head.append(" ", made("small", "", rouge));
      text.append(...(pieces.join("").trim() ? marked(pieces) : [made("em", "", "(an empty answer)")]));
      told.append(text);
      parts.push(told);
    });
    if (row.said[1].length) parts.push(made("p", "", row.said[1].join(" · ")));
    if (detail) parts.push(...this.further(detail));
    const top = place.dataset.id === String(data.id) ? place.scrollTop : 0;
    place.dataset.id = data.id;
    place.replaceChildren(...parts);
    place.scrollTop = top;
  }

  further({ scores, events }) {
    const table = made("table", "scores"), parts = [table];
    scores.forEach((cells, at) => {
      const line = table.appendChild(made("tr"));
      cells.forEach((text, column) => line.append(made(at && column ? "td" : "th", "", text)));
    });
    if (events.length) {
      const list = made("ul", "history");
      list.append(...events.map((text) => made("li", "", text)));
      parts.push(made("p", "who-said", "History"), list);
    }
    return parts;
  }

  close() {
    document.removeEventListener("keydown", this.listener);
    clearTimeout(this.timer);
    this.bar.close();
  }
}

function begun(pieces) { // in a narrow cell the first key term would be out of sight behind a long beginning
  const [before, ...after] = pieces;
  if (!after.length || before.length <= BEFORE) return pieces;
  return [`…${before.slice(-BEFORE).replace(/^\S*\s/, "")}`, ...after];
}

function marked(pieces) {
  return pieces.map((text, at) => (at % 2 ? made("mark", "", text) : document.createTextNode(text)));
}

export default function (component) {
  const root = component.parentElement;
  let grid = tables.get(root);
  if (!grid) {
    grid = new AnswerGrid(root);
    tables.set(root, grid);
  }
  grid.update(component);
  return () => {
    grid.close();
    tables.delete(root);
  };
}
