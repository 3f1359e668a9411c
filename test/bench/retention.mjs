/** Benches keep all that they store. */
export const RETENTION = {
  inferencesDays: 9000,
  embeddingsDays: 9000,
  rollupMinuteDays: 9000,
  rollupHourDays: 9000,
  findingsDays: 9000,
  keyUsesDays: 9000,
};
