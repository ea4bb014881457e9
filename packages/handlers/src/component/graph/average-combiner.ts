/** `AVERAGE_COMBINER`: the mean of what the children give (`AverageCombinerUnit.java` of seldon-core's engine). */
import { PredictionError } from '../../prediction-error.ts';
import type { SeldonComponent } from '../component.ts';
import { mergedMeta } from '../merged-meta.ts';
import { numericShape } from '../nested-lists.ts';
import { payloadOf } from '../payload.ts';
import { replyMessage } from '../reply-message.ts';
import type { SeldonMessage } from '../seldon-message.ts';

type Matrix = readonly (readonly number[])[];

/** Names and form are those of the first child. */
export class AverageCombiner implements SeldonComponent {
  aggregateRaw(messages: readonly SeldonMessage[]): SeldonMessage {
    const [first = {}] = messages;
    const matrices = messages.map(matrixOf);
    const meta = mergedMeta(messages.map((each) => each.meta ?? {}));
    const reply = replyMessage(meanOf(matrices), { ...first, meta }, { names: first.data?.names });
    return first.status === undefined ? reply : { status: first.status, ...reply };
  }
}

function matrixOf(message: SeldonMessage): Matrix {
  const { kind, value } = payloadOf(message);
  const shape = kind === 'data' ? numericShape(value) : undefined;
  if (shape === undefined) throw invalid('Combiner cannot extract data shape');
  if (shape.length !== 2) throw invalid('Combiner received data that is not 2 dimensional');
  return value as Matrix;
}

function meanOf([first = [], ...others]: readonly Matrix[]): number[][] {
  const odd = others.find((other) => other.length !== first.length);
  if (odd !== undefined) throw invalid(`Expected batch length ${first.length} but found ${odd.length}`);
  const width = first[0]?.length ?? 0;
  const wide = others.find((other) => other[0]?.length !== width);
  if (wide !== undefined) throw invalid(`Expected ${width} columns but found ${wide[0]?.length}`);
  const all = [first, ...others];
  return first.map((row, index) =>
    row.map((_, column) => all.reduce((sum, each) => sum + Number(each[index]?.[column]), 0) / all.length),
  );
}

function invalid(problem: string): PredictionError {
  return new PredictionError(problem, 500);
}
