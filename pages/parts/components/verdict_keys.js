// The bar with the verdict keys, for the table of answers and for Compare. Presses that the server has not acknowledged
// are kept and sent again, all of them, with each new one: so none is lost while a page works.
const REVIEWER = "oubliette-reviewer", NEXT = "oubliette-next-row", AGAIN_MS = 4000, BROUGHT_MS = 1000;

const remembered = (key) => { try { return localStorage.getItem(key) || ""; } catch { return ""; } };
const remember = (key, value) => {
  try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* a private window */ }
};
const made = (name, className, text) => {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};
const isTyping = (event) => {
  const target = event.composedPath()[0];
  const field = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !["checkbox", "button"].includes(target.type);
  return field || target.isContentEditable;
};

class VerdictBar {
  // `current()` gives what is judged: {question, words, own} or null; `after()` is called once a verdict is on its way,
  // `back(question)` where one is taken back.
  constructor(root, current, after, back) {
    Object.assign(this, { root, current, after, back, pending: [], given: [], n: 0, notes: new Map(), shownFor: null, sent: "" });
    this.find = (name) => root.querySelector(name);
    this.note = this.find(".note textarea");
    this.next = this.find(".next input");
    this.next.checked = remembered(NEXT) !== "no";
    this.next.onchange = () => remember(NEXT, this.next.checked ? "" : "no");
    this.note.oninput = () => this.notes.set(this.shownFor, this.note.value);
    this.find(".undo").onclick = () => this.press("z");
    const name = this.find(".who input");
    name.onkeydown = (event) => { if (event.key === "Enter") this.give(name.value); };
    this.find(".who button").onclick = () => this.give(name.value);
  }

  update(component) {
    const data = component.data.judging, first = !this.data;
    const before = this.data ? this.data.reviewer : "";
    Object.assign(this, { component, data });
    this.n = Math.max(this.n, data.acked);
    this.pending = this.pending.filter((press) => press[0] > data.acked);
    if (data.undone[0] === this.awaited && data.undone[0] === this.n) this.back(data.undone[1]);
    if (data.acked >= this.awaited) this.awaited = null;
    if (data.declared && data.reviewer) remember(REVIEWER, data.reviewer);
    else if (data.declared && before) remember(REVIEWER, ""); // the reviewer took the name away
    else if (first && data.declared && remembered(REVIEWER)) this.give(remembered(REVIEWER));
    this.find(".who").hidden = !data.declared || Boolean(data.reviewer);
    this.find(".as").textContent = data.reviewer ? `as ${data.reviewer}` : "";
    this.show();
  }

  give(name) {
    if (name.trim()) this.component.setStateValue("name", name.trim());
  }

  show() {
    const here = this.current(), place = this.find(".verdicts");
    const words = here ? here.words : [];
    const drawn = JSON.stringify([words, here && here.own]);
    if (place.dataset.drawn !== drawn) {
      place.dataset.drawn = drawn;
      place.replaceChildren(...words.map((word, at) => {
        const button = made("button", "", `${at + 1} ${word}`);
        button.type = "button";
        button.setAttribute("aria-keyshortcuts", String(at + 1));
        button.setAttribute("aria-pressed", String(word === here.own));
        button.onclick = () => this.press(String(at + 1));
        return button;
      }));
    }
    for (const button of place.children) button.disabled = Boolean(this.data.closed);
    this.find(".undo").disabled = Boolean(this.data.closed);
    if (here && this.shownFor !== here.question) {
      this.shownFor = here.question;
      this.note.value = this.notes.get(here.question) || "";
    }
    const waiting = this.pending.length ? `saving ${this.pending.length} …` : "";
    const said = this.find(".said"), text = waiting || this.data.refused || this.data.closed || this.data.said || "";
    said.className = `said ${!waiting && (this.data.refused || this.data.closed) ? "no" : ""}`;
    if (said.textContent !== text) said.textContent = text;
  }

  waits(question) { // the key of a press on this question that is still on its way
    const found = this.pending.filter((press) => press[1] === question && press[2] !== "z").pop();
    return found ? found[2] : "";
  }

  press(key) {
    const here = this.current();
    if (!here || this.data.closed || (key !== "z" && !here.words[Number(key) - 1])) return this.show();
    const note = key === "z" ? "" : this.notes.get(here.question) || "";
    this.n += 1;
    if (key === "z") {
      this.awaited = this.n; // the server knows best which verdict that was
      const question = this.given.pop();
      if (question !== undefined) this.back(question);
    } else if (here.words[Number(key) - 1] !== here.own) this.given.push(here.question);
    this.pending.push([this.n, here.question, key, note, this.data.view]);
    if (key !== "z") {
      this.notes.delete(here.question);
      this.note.value = "";
    }
    this.send();
    if (key !== "z" && this.next.checked && this.after()) this.brought = performance.now();
    this.show();
  }

  send() {
    clearTimeout(this.timer);
    this.component.setStateValue("presses", this.pending.map((press) => [...press]));
    this.timer = setTimeout(() => { if (this.pending.length) this.send(); }, AGAIN_MS);
  }

  justBrought() { // a verdict has only just brought the next row, so that N beside it does not pass over one
    const now = this.brought && performance.now() - this.brought < BROUGHT_MS;
    this.brought = 0;
    return now;
  }

  key(event) { // whether it was one of ours
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event)) return false;
    const key = event.key.toLowerCase();
    if (!/^[1-3z]$/.test(key)) return false;
    event.preventDefault();
    this.press(key);
    return true;
  }

  close() { clearTimeout(this.timer); }
}
