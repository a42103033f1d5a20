// Of Observable Plot what report.js draws with; bundled as the global `Plot`.
export {axisX, axisY, barX, cell, dot, gridX, gridY, line, link, plot, pointer, pointerX, rectY, ruleX, ruleY, text, tip} from "@observablehq/plot";
