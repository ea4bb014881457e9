/** A graph of components as it is run: units, each with the methods that are asked of it and the units behind it. */
import type { LocalModel } from '../../context/ask-model.ts';
import type { ComponentParameters } from '../component-parameters.ts';
import type { SeldonMethod, UnitName } from '../seldon-message.ts';

/** What may be asked of a unit for a request, or for what came of it. */
export type UnitMethod = Exclude<SeldonMethod, 'predictions' | 'health-status' | 'metadata' | 'graph-metadata'>;

/** A unit. */
export interface SeldonUnit extends UnitName {
  /** What is asked of it. */
  readonly methods: ReadonlySet<UnitMethod>;
  /** Who answers. */
  readonly place: UnitPlace;
  /** What it is made with. */
  readonly parameters: ComponentParameters;
  /** In their order, by which routers number them. */
  readonly children: readonly SeldonUnit[];
}

/** One that comes with the server, a model of it, or a component elsewhere. */
export type UnitPlace = BuiltInPlace | ModelPlace | RemotePlace;

/** One that comes with the server, and runs where the graph does. */
export interface BuiltInPlace {
  readonly kind: 'built-in';
  /** Its `implementation`. */
  readonly name: string;
}

/** A model of the server. */
export interface ModelPlace {
  readonly kind: 'model';
  /** Which. */
  readonly model: LocalModel;
}

/** A component elsewhere. */
export interface RemotePlace {
  readonly kind: 'remote';
  /** Such as `http://host:9000`, or `grpc://host:5000` for one that is asked over gRPC. */
  readonly url: string;
}

/** A graph. */
export interface SeldonGraph {
  /** Of the predictor; empty where the graph is not in one. */
  readonly name: string;
  /** What requests come to. */
  readonly root: SeldonUnit;
  /** Whether answers tell of every unit which child it took, −1 of those that chose none; otherwise of routers. */
  readonly tellsAllRoutes: boolean;
  /** What of it counts for nothing here, each with its place. */
  readonly warnings: readonly string[];
}

/** Whether ways part behind it, or meet. */
export function isFork({ children, methods }: SeldonUnit): boolean {
  return children.length > 1 || (children.length > 0 && (methods.has('route') || methods.has('aggregate')));
}

/** A unit and all behind it. */
export function unitsOf(unit: SeldonUnit): SeldonUnit[] {
  return [unit, ...unit.children.flatMap(unitsOf)];
}
