/** What packages and serves a graph knows of it without running it. */
export { readGraph, STEP_KINDS } from './read-graph.ts';
export { bundledModule, type ModuleRef } from './modules/module-ref.ts';
export { modulesOf, nodesOf, type Step } from './step.ts';
