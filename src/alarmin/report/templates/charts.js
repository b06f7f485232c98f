for (const figure of document.querySelectorAll("figure[data-chart]")) {
  const place = figure.querySelector(".chart");
  const spec = JSON.parse(document.getElementById("chart-" + figure.dataset.chart).textContent);
  vegaEmbed(place, spec, { renderer: "svg", actions: { export: true, source: false, compiled: false, editor: false } })
    .then(() => figure.setAttribute("data-drawn", "true"))
    .catch((error) => { place.textContent = "This chart could not be drawn: " + error.message; });
}
