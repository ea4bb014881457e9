/** The order in which the nodes of a workflow can run. */

/** Node → the nodes that it gets its input from. */
export type Parents = ReadonlyMap<string, readonly string[]>;

/** Each node after all of its parents, or the nodes of a circle: the last is the first again. */
export function nodeOrder(
  parents: Parents,
): { readonly order: readonly string[] } | { readonly circle: readonly string[] } {
  const order: string[] = [];
  const waiting = new Set(parents.keys());
  while (waiting.size > 0) {
    const ready = [...waiting].filter((node) => !parentsOf(node, parents).some((parent) => waiting.has(parent)));
    if (ready.length === 0) return { circle: circleAmong(waiting, parents) };
    order.push(...ready);
    for (const node of ready) waiting.delete(node);
  }
  return { order };
}

/** Each of the nodes has a parent among them: whoever goes from parent to parent comes back. */
function circleAmong(nodes: ReadonlySet<string>, parents: Parents): string[] {
  const way: string[] = [];
  let [node] = nodes;
  while (node !== undefined && !way.includes(node)) {
    way.unshift(node);
    node = parentsOf(node, parents).find((parent) => nodes.has(parent));
  }
  return node === undefined ? way : [node, ...way.slice(0, way.indexOf(node) + 1)];
}

function parentsOf(node: string, parents: Parents): readonly string[] {
  return parents.get(node) ?? [];
}
