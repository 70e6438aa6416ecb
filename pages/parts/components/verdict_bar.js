const bars = new WeakMap();

export default function (component) {
  const root = component.parentElement, { data } = component;
  let bar = bars.get(root);
  if (!bar) {
    bar = new VerdictBar(root, () => bar.shown, () => false, () => {});
    bars.set(root, bar);
    bar.find(".next").hidden = true;
    bar.listener = (event) => bar.key(event);
    document.addEventListener("keydown", bar.listener);
  }
  bar.shown = data.shown;
  bar.update(component);
  return () => {
    document.removeEventListener("keydown", bar.listener);
    bar.close();
    bars.delete(root);
  };
}
