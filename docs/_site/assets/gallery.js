// Filters of the gallery: a tile is shown if it fits all of them.
function connect() {
  const form = document.querySelector(".zoo-filters");
  if (!form || form.dataset.connected) return;
  form.dataset.connected = "yes";
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
      shown += fits;
    }
    form.querySelector("output").textContent = `${shown} / ${tiles.length}`;
  };
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  update();
}
if (typeof document$ !== "undefined") document$.subscribe(connect); // Material's navigation without reloads
else document.addEventListener("DOMContentLoaded", connect);
