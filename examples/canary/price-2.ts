/** The next version, which does not know houses without an age. */
export const handle = (rows: { body: number[] }[] | null) =>
  rows?.map(({ body: [metres = 0, rooms = 0, age] }) => {
    if (age === undefined) throw new Error('no age');
    return 3 * metres + 10 * rooms - age;
  });
