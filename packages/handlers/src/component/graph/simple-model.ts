/** `SIMPLE_MODEL`: a model that answers the same whatever comes, for trying a graph (`SimpleModelUnit.java` of seldon-core's engine). */
import type { SeldonComponent } from '../component.ts';
import { payloadOf } from '../payload.ts';
import { replyMessage } from '../reply-message.ts';
import type { SeldonMessage, SeldonMetric } from '../seldon-message.ts';

const SCORES = [[0.1, 0.9, 0.5]];
const NAMES = ['class0', 'class1', 'class2'];
const METRICS: readonly SeldonMetric[] = [
  { key: 'mymetric_counter', type: 'COUNTER', value: 1 },
  { key: 'mymetric_gauge', type: 'GAUGE', value: 100 },
  { key: 'mymetric_timer', type: 'TIMER', value: 22.1 },
];

/** Texts and bytes come back as they are. */
export class SimpleModel implements SeldonComponent {
  predictRaw(message: SeldonMessage): SeldonMessage {
    const { kind, value } = payloadOf(message);
    const answer = kind === 'strData' || kind === 'binData' ? value : SCORES;
    // Without data of the request the numbers are a tensor, as they are there.
    const { meta = {} } = message;
    return { status: { status: 'SUCCESS' }, ...replyMessage(answer, { meta }, { names: NAMES, metrics: METRICS }) };
  }
}
