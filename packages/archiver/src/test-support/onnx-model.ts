/** Writes a tiny ONNX model by hand: `y = x + w`, with x and y float32 [batch, 2]. */

const FLOAT = 1;

/** @param externalData file beside the model that holds the eight bytes of `w`; without it they are in the model */
export function onnxModel(externalData?: string): Buffer {
  const weights =
    externalData === undefined
      ? [field(9, Buffer.alloc(8))]
      : [field(13, message(field(1, 'location'), field(2, externalData))), number(14, 1)];
  const graph = message(
    field(1, message(field(1, 'x'), field(1, 'w'), field(2, 'y'), field(4, 'Add'))),
    field(2, 'graph'),
    field(5, message(number(1, 2), number(2, FLOAT), field(8, 'w'), ...weights)),
    field(11, valueInfo('x')),
    field(12, valueInfo('y')),
  );
  return message(number(1, 8), field(7, graph), field(8, message(field(1, ''), number(2, 17))));
}

function valueInfo(name: string): Buffer {
  const shape = message(field(1, message(field(2, 'batch'))), field(1, message(number(1, 2))));
  return message(field(1, name), field(2, message(field(1, message(number(1, FLOAT), field(2, shape))))));
}

function message(...fields: Buffer[]): Buffer {
  return Buffer.concat(fields);
}

function field(tag: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([tag * 8 + 2]), varint(bytes.length), bytes]);
}

function number(tag: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([tag * 8]), varint(value)]);
}

function varint(value: number): Buffer {
  return Buffer.from(value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
}
