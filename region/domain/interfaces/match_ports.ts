import { DomainError } from "@/shared/errors/domain_error.ts";
import { InterfaceTree, type MachineInterface } from "./interface.ts";

/**
 * Which port of another machine takes the part of each port that is configured: the one of the same
 * name where all of them have one, else the one at the same place in the order.
 *
 * Throws `clone.ports_do_not_fit` when there is neither.
 */
export function matchPorts(
  from: readonly MachineInterface[],
  to: readonly MachineInterface[],
): ReadonlyMap<MachineInterface, MachineInterface> {
  const tree = new InterfaceTree(from);
  const [source, target] = [from.filter(isPort), to.filter(isPort)];
  const needed = source.filter((port) => port.links.length > 0 || tree.childrenOf(port).length > 0);
  const byName = pairs(needed, (port) => target.find(({ name }) => name === port.name));
  if (byName) return byName;
  const byPlace = pairs(needed, (port) => target[source.indexOf(port)]);
  if (byPlace) return byPlace;
  throw new DomainError({
    kind: "conflict",
    code: "clone.ports_do_not_fit",
    value: namesOf(target),
    accepted: `ports named ${namesOf(needed)}, or as many as ${source.length}`,
    message: `the configuration is of ${namesOf(needed)}; this machine has ${namesOf(target)}`,
  });
}

function pairs(
  needed: readonly MachineInterface[],
  find: (port: MachineInterface) => MachineInterface | undefined,
): Map<MachineInterface, MachineInterface> | undefined {
  const found = new Map<MachineInterface, MachineInterface>();
  for (const port of needed) {
    const other = find(port);
    if (!other) return undefined;
    found.set(port, other);
  }
  return found;
}

function isPort({ kind }: MachineInterface): boolean {
  return kind === "physical";
}

function namesOf(ports: readonly MachineInterface[]): string {
  return ports.map(({ name }) => name).join(", ") || "no ports";
}
