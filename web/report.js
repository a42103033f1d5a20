// Draws a report's charts from its block of data, as wide as their figures are. Colours are the page's own variables, so light and
// dark need no second drawing. Without the charts library, figures stay hidden and the tables say the same.
"use strict";
(() => {
  if (typeof Plot === "undefined") return;
  const report = JSON.parse(document.getElementById("report-data").textContent);
  const {training, measured, data} = report;
  const one = "var(--one)", two = "var(--two)", muted = "var(--muted)", line = "var(--line)";
  const grid = {stroke: line, strokeOpacity: 1};

  // 0.001234 -> "0.001234", 1234567 -> "1.235M"
  const digits = new Intl.NumberFormat("en", {maximumSignificantDigits: 4});
  const compact = new Intl.NumberFormat("en", {maximumSignificantDigits: 4, notation: "compact"});
  const brief = (value) => value == null ? "–" : value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential(2)
    : (Math.abs(value) >= 1e5 ? compact : digits).format(value);

  const base = (width, options) => ({
    width, height: Math.round(Math.min(300, Math.max(220, width * 0.6))), marginLeft: 52, marginRight: 20, marginTop: 28,
    marginBottom: 36, style: {background: "transparent", overflow: "visible"}, ...options,
  });

  // Lines across at the ticks of an axis, and its numbers.
  const ruler = (axis, options = {}) => {
    const shared = {ticks: 5, ...(options.ticks && {ticks: options.ticks})};
    const labels = {tickFormat: brief, tickSize: 0, color: muted, ...options, ...shared};
    return axis === "x" ? [Plot.gridX({...grid, ...shared}), Plot.axisX(labels)] : [Plot.gridY({...grid, ...shared}), Plot.axisY(labels)];
  };
  const across = (width) => Math.max(2, Math.min(6, Math.floor(width / 80)));

  // One line for each series against the epoch, its name where it ends.
  function curves(width, series, options = {}) {
    const epochs = training.history;
    const best = training.best_epoch;
    const shown = series.filter(({key}) => epochs.some((record) => record[key] != null));
    const marks = [Plot.axisX({ticks: Math.min(epochs.length, Math.floor(width / 70)), tickFormat: (d) => Number.isInteger(d) ? `${d}` : "", label: "epoch", tickSize: 0, color: muted}),
      ...ruler("y", {label: null})];
    if (best > 0) marks.push(Plot.ruleX([best], {stroke: muted, strokeDasharray: "2 3"}),
      Plot.text([best], {x: (d) => d, frameAnchor: "top", dy: -14, text: () => "kept", fill: muted}));
    for (const {key, color} of shown) {
      const points = epochs.filter((record) => record[key] != null);
      marks.push(Plot.line(points, {x: "epoch", y: key, stroke: color, strokeWidth: 1.8}));
      if (points.length === 1) marks.push(Plot.dot(points, {x: "epoch", y: key, fill: color, r: 3}));
    }
    const channels = Object.fromEntries(shown.map(({key, label}) => [label, {value: key}]));
    marks.push(Plot.ruleX(epochs, Plot.pointerX({x: "epoch", py: shown[0]?.key, stroke: muted})),
      Plot.tip(epochs, Plot.pointerX({x: "epoch", y: shown[0]?.key, fill: "var(--surface)", stroke: "var(--line)",
        title: (record) => [`epoch ${record.epoch}`, ...shown.map(({key, label}) => `${label} ${brief(record[key])}`)].join("\n")})));
    return Plot.plot(base(width, {x: {domain: [1, Math.max(2, epochs.length)], ...(options.x ?? {})}, y: {zero: false, nice: true, ...(options.y ?? {})}, marks}));
  }

  function legend(series) {
    const out = document.createElement("span");
    for (const {label, color} of series) {
      const item = document.createElement("span");
      item.style.cssText = "margin-left:14px;white-space:nowrap";
      const swatch = document.createElement("span");
      swatch.style.cssText = `display:inline-block;width:16px;height:3px;margin-right:5px;vertical-align:middle;background:${color}`;
      item.append(swatch, label);
      out.append(item);
    }
    return out;
  }

  const losses = [{key: "train_loss", label: "training", color: two}, {key: "validation_loss", label: "validation", color: one}];

  const charts = {
    loss: (width) => {
      const values = training.history.flatMap((record) => losses.map(({key}) => record[key])).filter((value) => value != null);
      const wide = Math.min(...values) > 0 && Math.max(...values) > 50 * Math.min(...values);
      return curves(width, losses, wide ? {y: {type: "log"}} : {});
    },
    metric: (width) => curves(width, [{key: "metric", label: training.metric, color: one}]),
    rate: (width) => {
      const rates = training.history.map((record) => record.learning_rate);
      return rates.every((rate) => rate === rates[0]) ? null
        : curves(width, [{key: "learning_rate", label: "learning rate", color: one}]);
    },
    scatter: (width, index) => {
      const {points} = measured.targets[index];
      const values = points.flatMap(([, truth, predicted]) => [truth, predicted]);
      const domain = [Math.min(...values), Math.max(...values)];
      return Plot.plot(base(width, {
        height: Math.min(width, 380), marginLeft: 60, x: {domain, nice: true}, y: {domain, nice: true},
        marks: [...ruler("x", {label: "true", ticks: across(width)}), ...ruler("y", {label: "predicted"}), Plot.line([[domain[0], domain[0]], [domain[1], domain[1]]], {stroke: muted, strokeDasharray: "3 3"}),
          Plot.dot(points, {x: "1", y: "2", r: points.length > 500 ? 1.8 : 2.6, fill: one, fillOpacity: 0.55}),
          Plot.tip(points, Plot.pointer({x: "1", y: "2", fill: "var(--surface)", stroke: "var(--line)",
            title: ([row, truth, predicted]) => `row ${row}\ntrue ${brief(truth)}\npredicted ${brief(predicted)}`}))],
      }));
    },
    errors: (width, index) => {
      const {low, high, counts} = measured.targets[index].errors;
      const step = (high - low) / counts.length;
      const bins = counts.map((count, i) => ({from: low + i * step, to: low + (i + 1) * step, count}));
      return Plot.plot(base(width, {
        height: Math.min(width, 380), marginLeft: 60,
        marks: [Plot.axisX({label: "error", tickFormat: brief, ticks: across(width), tickSize: 0, color: muted}), ...ruler("y", {label: "rows"}), Plot.rectY(bins, {x1: "from", x2: "to", y: "count", fill: one, fillOpacity: 0.8, insetLeft: 0.5, insetRight: 0.5,
          title: ({from, to, count}) => `${brief(from)} to ${brief(to)}: ${count}`}),
        Plot.ruleX([0], {stroke: muted}), Plot.ruleY([0], {stroke: line})],
      }));
    },
    confusion: (width) => {
      const names = data.classes.map(({name}) => name);
      const cells = measured.confusion.flatMap((row, truth) => {
        const total = row.reduce((sum, count) => sum + count, 0);
        return row.map((count, predicted) => ({truth, predicted, count, share: total > 0 ? count / total : 0})).filter(({count}) => count > 0);
      });
      const side = Math.min(width, 640);
      const indices = names.map((_, k) => k);
      return Plot.plot(base(side, {
        height: side, marginLeft: 20, marginBottom: 20, x: {domain: indices, axis: null}, y: {domain: indices, axis: null}, padding: 0,
        marks: [Plot.cell(cells, {x: "predicted", y: "truth", fill: ({truth, predicted}) => truth === predicted ? one : two, fillOpacity: ({share}) => 0.15 + 0.85 * share,
          title: ({truth, predicted, count}) => `true ${names[truth]}, predicted ${names[predicted]}: ${count}`})],
        color: {type: "identity"}, opacity: {type: "identity"},
      }));
    },
    reliability: (width) => {
      const bins = measured.reliability;
      const side = Math.min(width, 460);
      const total = bins.reduce((sum, bin) => sum + bin.rows, 0);
      return Plot.plot(base(side, {
        height: Math.min(side, 400), x: {domain: [0, 1]}, y: {domain: [0, 1]}, r: {type: "identity"},
        marks: [...ruler("x", {label: "probability"}), ...ruler("y", {label: "how often"}), Plot.line([[0, 0], [1, 1]], {stroke: muted, strokeDasharray: "3 3"}),
          Plot.link(bins, {x1: "probability", x2: "probability", y1: "probability", y2: "frequency", stroke: two, strokeWidth: 1.6}),
          Plot.dot(bins, {x: "probability", y: "frequency", r: ({rows}) => 3 + 11 * Math.sqrt(rows / total), fill: one, fillOpacity: 0.75, stroke: "var(--surface)",
            title: ({rows, probability, frequency}) => `${brief(rows)} rows\nprobability ${brief(probability)}\nhow often ${brief(frequency)}`})],
      }));
    },
  };

  charts.importance = (width) => {
    const columns = measured.importance.columns.slice(0, 20).map((column, i) => ({...column, place: i}));
    const short = (name) => name.length > 18 ? `${name.slice(0, 17)}…` : name;
    return Plot.plot(base(width, {
      height: 50 + 24 * columns.length, marginLeft: 130, marginTop: 8, y: {domain: columns.map(({place}) => place), padding: 0.3},
      marks: [...ruler("x", {label: null, ticks: across(width - 130)}),
        Plot.axisY({tickFormat: (place) => short(columns[place].name), tickSize: 0, label: null, color: muted}),
        Plot.barX(columns, {y: "place", x: "mean", fill: one, fillOpacity: 0.8, title: ({name, mean}) => `${name}: ${brief(mean)}`}),
        Plot.link(columns, {y1: "place", y2: "place", x1: ({mean, deviation}) => mean - deviation, x2: ({mean, deviation}) => mean + deviation, stroke: "currentColor", strokeWidth: 1.2}),
        Plot.ruleX([0], {stroke: muted})],
    }));
  };

  const legends = {loss: losses};

  function draw(figure) {
    const width = Math.floor(figure.clientWidth);
    if (width === 0 || figure.dataset.width === `${width}`) return;
    figure.dataset.width = `${width}`;
    figure.querySelectorAll(":scope > svg").forEach((old) => old.remove());
    const chart = charts[figure.dataset.chart](width, Number(figure.dataset.index));
    if (chart === null) {
      figure.remove();
      return;
    }
    chart.setAttribute("role", "img");
    chart.setAttribute("aria-label", figure.querySelector("figcaption").firstChild.textContent);
    figure.append(chart);
  }

  document.documentElement.classList.add("drawn");
  const observer = new ResizeObserver((entries) => entries.forEach(({target}) => draw(target)));
  document.querySelectorAll("figure.chart").forEach((figure) => {
    const series = legends[figure.dataset.chart];
    if (series && training.history.some((record) => record.validation_loss != null)) figure.querySelector("figcaption").append(legend(series));
    draw(figure);
    if (figure.isConnected) observer.observe(figure);
  });
})();
