/** Houses as clients know them, objects, for a model that knows them as three numbers. */
import { BaseHandler, createTensor, type NamedTensors, type Row } from '@marserve/handlers';

interface House {
  readonly area: number;
  readonly rooms: number;
  readonly age: number;
}

export default class HousePrice extends BaseHandler {
  override preprocess(rows: Row[]) {
    return rows.map((row) => {
      const { area, rooms, age } = (row.data ?? row.body) as House;
      return createTensor('float32', [3], [area, rooms, age]);
    });
  }

  override postprocess(outputs: NamedTensors[]) {
    return outputs.map(({ price }) => ({ price: 1000 * Number(price?.data[0]), currency: 'EUR' }));
  }
}
