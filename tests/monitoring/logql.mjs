// Reads a list of LogQL expressions and answers for each where it does not parse, and the labels that it names.
import { parser } from "@grafana/lezer-logql";
import { readFileSync } from "node:fs";

const labels = new Set(["Matcher", "Labels"]);
const answer = JSON.parse(readFileSync(0, "utf8")).map((expression) => {
  const found = { errors: [], labels: [] };
  parser.parse(expression).iterate({
    enter(node) {
      if (node.type.isError) found.errors.push(node.from);
      if (node.name === "Identifier" && labels.has(node.node.parent.name)) {
        found.labels.push(expression.slice(node.from, node.to));
      }
    },
  });
  return found;
});
console.log(JSON.stringify(answer));
