// The dial of Compare. It holds every answer of a question's map, so that the answer follows the thumb without the
// server; alpha goes to Python when the thumb is let go. All texts are written as text, never as markup.

const KEY_WAIT = 200; // ms without a further key press before alpha is sent
const dials = new WeakMap();

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  let dial = dials.get(parentElement);
  const box = parentElement.querySelector(".dial");
  if (!dial || dial.box !== box) {
    dial = made(box);
    dials.set(parentElement, dial);
  }
  dial.send = (alpha) => setStateValue("turn", { alpha, at: Date.now() }); // the same alpha twice is two turns
  take(dial, data);
  return () => clearTimeout(dial.timer);
}

function made(box) {
  const find = (name) => box.querySelector(name);
  const dial = {
    box,
    range: find("input"),
    label: find("label"),
    output: find("output"),
    strip: find(".astrip"),
    ticks: find(".ticks"),
    marks: find(".marks"),
    legend: find(".legend"),
    cards: find(".cards"),
    held: false, // the thumb is being moved
    waiting: [], // alphas sent that Python has not answered yet
    known: null, // the last alpha that came from Python
    fixed: "", // the data without alpha, as drawn
    shown: undefined, // the piece whose answer is on screen
  };
  const { range } = dial;
  range.addEventListener("pointerdown", () => (dial.held = true));
  for (const end of ["pointerup", "pointercancel"]) range.addEventListener(end, () => (dial.held = false));
  range.addEventListener("keydown", (event) => onKey(dial, event));
  range.addEventListener("input", () => follow(dial, Number(range.value)));
  range.addEventListener("change", () => settle(dial, 0));
  dial.strip.addEventListener("click", (event) => onStrip(dial, event));
  return dial;
}

function take(dial, data) {
  dial.data = data;
  const { alpha, ...rest } = data;
  const fixed = JSON.stringify(rest);
  if (fixed !== dial.fixed) {
    dial.fixed = fixed;
    draw(dial);
    dial.shown = undefined;
    if (dial.alpha !== undefined) follow(dial, dial.alpha);
  }
  const place = dial.waiting.indexOf(alpha);
  if (place >= 0) {
    dial.waiting.splice(0, place + 1); // its own alpha comes back: the thumb may be elsewhere by now
  } else if (!dial.held && !(dial.waiting.length && alpha === dial.known)) {
    clearTimeout(dial.timer);
    dial.waiting = [];
    follow(dial, alpha);
  }
  dial.known = alpha;
}

// Everything that does not move with alpha.
function draw(dial) {
  const { data } = dial;
  Object.assign(dial.range, { min: data.low, max: data.high, step: data.fine });
  dial.label.textContent = "α";
  dial.range.setAttribute("aria-label", data.label);
  dial.strip.setAttribute("aria-label", data.words);
  dial.marker = made_of("b");
  dial.strip.replaceChildren(...data.pieces.map((piece, at) => segment(data, piece, at)).filter(Boolean), dial.marker);
  dial.ticks.replaceChildren(
    ...data.ticks.map((tick) => {
      const span = made_of("span", String(tick));
      span.style.left = percent(data, tick);
      return span;
    }),
  );
  dial.marks.replaceChildren(
    ...data.marks.map((mark) => {
      const button = made_of("button", mark.name);
      button.type = "button";
      button.addEventListener("click", () => go(dial, mark.alpha));
      return button;
    }),
  );
  dial.legend.replaceChildren(
    ...data.kinds.map((kind) => {
      const item = made_of("li");
      const swatch = made_of("i", "", kind.name);
      swatch.style.backgroundColor = kind.ink;
      item.append(swatch, `${kind.icon} ${kind.word}`);
      return item;
    }),
  );
  const base = card(data.base, data.base_title, data.base_ink, data.kinds);
  dial.base = base.section;
  dial.unlearned = card(null, "", data.ink, data.kinds);
  dial.outside = made_of("p", data.outside, "outside");
}

function segment(data, piece, at) {
  const low = Math.max(piece.low, data.low);
  const high = Math.min(piece.high, data.high);
  if (high < low) return null;
  const kind = data.kinds[piece.kind];
  const element = made_of("i", "", [kind ? kind.name : at % 2 ? "odd" : "", piece.whole ? "" : "unfollowed"].join(" "));
  element.style.backgroundColor = kind ? kind.ink : data.base_ink;
  element.style.left = percent(data, low);
  element.style.width = `${(100 * (high - low)) / (data.high - data.low)}%`;
  const text = piece.parts.map(([part]) => part).join("");
  element.title = `α ${piece.low.toFixed(3)} to ${piece.high.toFixed(3)}${kind ? `, ${kind.word}` : ""}: ${text}`;
  return element;
}

function card(piece, title, ink, kinds) {
  const section = made_of("section", "", "card");
  const parts = { section, title: made_of("h2", title), text: made_of("p"), kind: made_of("span", "", "kind"), note: made_of("small") };
  section.style.borderLeftColor = ink;
  section.append(parts.title, parts.text, parts.kind, parts.note);
  if (piece) fill(parts, piece, kinds);
  return parts;
}

function fill(parts, piece, kinds) {
  const text = piece.parts.map(([part, marked]) => (marked ? made_of("mark", part) : part));
  parts.text.replaceChildren(...(piece.parts.some(([part]) => part.trim()) ? text : [made_of("em", "(an empty answer)")]));
  const kind = kinds[piece.kind];
  parts.kind.textContent = kind ? `${kind.icon} ${kind.word}` : "";
  parts.kind.style.color = kind ? kind.ink : "";
  parts.note.textContent = piece.note;
}

// The answer follows alpha. Kept small: it runs at every input while the thumb moves.
function follow(dial, alpha) {
  const { data } = dial;
  dial.alpha = alpha;
  const written = String(Math.round(alpha * 1000) / 1000);
  const piece = data.base && data.pieces.find((one) => one.low <= alpha && alpha <= one.high);
  const kind = piece && piece.whole ? data.kinds[piece.kind] : null;
  if (Number(dial.range.value) !== alpha) dial.range.value = alpha;
  dial.output.textContent = kind ? `${written} · ${kind.icon} ${kind.word}` : written;
  dial.range.setAttribute("aria-valuetext", kind ? `${written}, ${kind.word}` : written);
  dial.marker.style.left = percent(data, alpha);
  [...dial.marks.children].forEach((button, at) => {
    button.setAttribute("aria-pressed", String(data.marks[at].alpha === alpha));
  });
  const shown = piece && piece.whole ? piece : null;
  if (shown) dial.unlearned.title.textContent = `${data.title}, α = ${written}`;
  if (shown === dial.shown) return;
  dial.shown = shown;
  if (!shown) {
    dial.cards.replaceChildren(dial.outside);
    return;
  }
  fill(dial.unlearned, shown, data.kinds);
  if (dial.unlearned.section.parentNode !== dial.cards) dial.cards.replaceChildren(dial.base, dial.unlearned.section);
}

// Alpha goes to Python, once, after `wait` ms without a further move.
function settle(dial, wait) {
  clearTimeout(dial.timer);
  const { alpha } = dial;
  const send = () => {
    const last = dial.waiting.length ? dial.waiting[dial.waiting.length - 1] : dial.known;
    if (alpha === last) return;
    dial.waiting.push(alpha);
    dial.send(alpha);
  };
  if (wait) dial.timer = setTimeout(send, wait);
  else send();
}

function go(dial, alpha) {
  follow(dial, alpha);
  settle(dial, 0);
}

// Arrows go from one step of the grid to the next; Shift takes the finest ones.
function onKey(dial, event) {
  const { data } = dial;
  const step = event.shiftKey ? data.fine : data.step;
  const next = Math.floor(dial.alpha / step + 1e-6) + 1;
  const before = Math.ceil(dial.alpha / step - 1e-6) - 1;
  const places = {
    ArrowRight: next * step,
    ArrowUp: next * step,
    ArrowLeft: before * step,
    ArrowDown: before * step,
    PageUp: (next + 9) * step,
    PageDown: (before - 9) * step,
    Home: data.low,
    End: data.high,
  };
  if (!(event.key in places) || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const alpha = Math.round(places[event.key] * 1000) / 1000;
  follow(dial, Math.min(Math.max(alpha, data.low), data.high));
  settle(dial, KEY_WAIT);
}

// A click on the strip goes there: to thousandths, but never out of the answer that was pressed.
function onStrip(dial, event) {
  const { data } = dial;
  const frame = dial.strip.getBoundingClientRect();
  const share = Math.min(Math.max((event.clientX - frame.left) / frame.width, 0), 1);
  const exact = data.low + share * (data.high - data.low);
  const alpha = Math.round(exact * 1000) / 1000;
  const piece = data.pieces.find((one) => one.low <= exact && exact <= one.high);
  go(dial, piece && (alpha < piece.low || alpha > piece.high) ? (piece.low + piece.high) / 2 : alpha);
  dial.range.focus();
}

function percent(data, alpha) {
  return `${(100 * (alpha - data.low)) / (data.high - data.low)}%`;
}

function made_of(tag, text = "", name = "") {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (name) element.className = name.trim();
  return element;
}
