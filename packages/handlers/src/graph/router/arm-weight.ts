/** The share of an arm. */
export interface ArmWeight {
  /** Its name. */
  readonly arm: string;
  /** At least 0; its share is that of the sum of all. */
  readonly weight: number;
}
