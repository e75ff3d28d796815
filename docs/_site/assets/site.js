// Filters of the gallery: a tile is shown if it fits all of them.
function connect() {
  const form = document.querySelector(".zoo-filters");
  if (!form) return;
  const tiles = [...document.querySelectorAll(".zoo-gallery > .zoo-tile")];
  const update = () => {
    const words = form.words.value.toLowerCase();
    let shown = 0;
    for (const tile of tiles) {
      const fits =
        tile.textContent.toLowerCase().includes(words) &&
        (!form.pretrained.checked || tile.dataset.pretrained) &&
        [...form.querySelectorAll("select")].every((s) => !s.value || tile.dataset[s.name] === s.value);
      tile.hidden = !fits;
      shown += Boolean(fits);
    }
    form.querySelector("output").textContent = `${shown} / ${tiles.length}`;
  };
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  update();
}

// What the theme leaves out: names for readers of the page that do not see it, and tables that keys can scroll.
function name_parts() {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  document.querySelectorAll(".md-code__nav").forEach((nav, i) => nav.setAttribute("aria-label", `Code block ${i + 1}`));
  document.querySelectorAll(".md-typeset__scrollwrap, pre > code, pre:not(:has(> code))").forEach((part) => {
    part.setAttribute("tabindex", "0");
  });
  for (const link of document.querySelectorAll('a[href$=".wav"]'))
    document.querySelector(`audio[src="${link.textContent}"]`)?.setAttribute("src", link.href);
  document.querySelectorAll("thead th:empty").forEach((cell) => (cell.outerHTML = "<td></td>"));
}

document.addEventListener("DOMContentLoaded", () => {
  connect();
  setTimeout(name_parts, 0); // after the theme has wrapped tables and code
});
