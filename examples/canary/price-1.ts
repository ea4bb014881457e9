/** What a house costs, by its square metres, rooms and age. */
export const handle = (rows: { body: number[] }[] | null) =>
  rows?.map(({ body: [metres = 0, rooms = 0, age = 0] }) => 3 * metres + 10 * rooms - age);
