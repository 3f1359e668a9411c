/** Why no broker can be started on this machine, with the mend; null when one can. */
export function kafkaUnavailable(): string | null;
